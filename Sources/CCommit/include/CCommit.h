// What the command was built from.
#pragma once

/// The commit of the sources, shortened; empty where they do not say.
const char *commit_of_sources(void);
