#include "CCommit.h"

// A checkout says it to the package manager (Package.swift); into an archive, git writes it here
// (.gitattributes).
#ifndef BLOCKALS_COMMIT
#define BLOCKALS_COMMIT "$Format:%h$"
#endif

const char *commit_of_sources(void) {
  static const char commit[] = BLOCKALS_COMMIT;
  return commit[0] == '$' ? "" : commit;
}
