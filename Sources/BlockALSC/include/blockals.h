/* The library of blockals for other languages.
 *
 * Handles are opaque and belong to the caller, who gives each back to the function that frees it;
 * freeing NULL does nothing. A function that can fail takes a `failure` as its last argument and
 * returns NULL or a number other than 0 where it did; then *failure is a handle that says what is
 * wrong, to be freed too. `failure` itself may be NULL.
 *
 * Arguments are checked before anything is done: lengths, offsets, ranges, numbers that are not
 * finite. Arrays are read while a function runs, and not afterwards; nothing may change them
 * meanwhile. Every function may be called on any thread. A handle may be used by several threads
 * at once, but for being freed. No thread outlives the call that has made it.
 *
 * Settings are text: lines of a name, "=" and a value, with the names and values of the command's
 * options (flags have the values yes and no). A name that a function does not know is an error.
 */
#ifndef BLOCKALS_H
#define BLOCKALS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct blockals_failure blockals_failure;
typedef struct blockals_stop blockals_stop;
typedef struct blockals_ids blockals_ids;
typedef struct blockals_ratings blockals_ratings;
typedef struct blockals_model blockals_model;

/* Rises when a function changes; what was built for another number does not fit. */
int32_t blockals_interface(void);

/* --- Failures ---------------------------------------------------------------------------- */

/* The exit status that the command would end with: 64 a wrong setting, 65 bad data, 66 missing
 * input, 70 a bug, 71 memory, 73 output, 74 input or output, 75 stopped, 76 diverged,
 * 77 permission, 78 other settings than the model's. */
int32_t blockals_failure_kind(const blockals_failure *failure);
/* UTF-8, valid as long as the failure; empty where there is none. */
const char *blockals_failure_place(const blockals_failure *failure);
const char *blockals_failure_message(const blockals_failure *failure);
const char *blockals_failure_hint(const blockals_failure *failure);
void blockals_failure_free(blockals_failure *failure);

/* --- Stopping ---------------------------------------------------------------------------- */

/* A wish to stop, which any thread may set; work that was given it ends with kind 75. */
blockals_stop *blockals_stop_new(void);
void blockals_stop_set(blockals_stop *stop);
void blockals_stop_free(blockals_stop *stop);

/* --- Ratings ----------------------------------------------------------------------------- */

/* Ids of one side, numbered in the order in which they come. */
blockals_ids *blockals_ids_new(void);
/* Adds `count` ids, the bytes offsets[n]..<offsets[n + 1] each, and writes their numbers. An id has
 * at least one byte, and none that is zero. One thread at a time. */
int32_t blockals_ids_add(
    blockals_ids *ids, const uint8_t *bytes, const int64_t *offsets, int64_t count,
    uint32_t *numbers, blockals_failure **failure);
void blockals_ids_free(blockals_ids *ids);

/* How numbers lie in an array. */
enum { BLOCKALS_NONE = 0, BLOCKALS_INT32 = 1, BLOCKALS_INT64 = 2, BLOCKALS_FLOAT32 = 3,
       BLOCKALS_FLOAT64 = 4 };

/* Takes over a sparse matrix of rows × columns: indptr has rows + 1 entries, indices and values
 * have indptr[rows]; the types of both are named. Without values (BLOCKALS_NONE) each rating is 1.
 * What is stored is a rating, a stored zero too. The ids are the numbers of rows and columns in
 * decimal digits, so that the model is that of a text file which has them. Settings: duplicates,
 * min-user-ratings, min-item-ratings, holdout, holdout-seed, user-blocks, item-blocks, workers. */
blockals_ratings *blockals_ratings_csr(
    int64_t rows, int64_t columns, const int64_t *indptr, const void *indices, int32_t index_type,
    const void *values, int32_t value_type, const char *settings, blockals_stop *stop,
    blockals_failure **failure);
/* Takes over `count` ratings by the numbers of ids; values may be NULL. Settings as above. */
blockals_ratings *blockals_ratings_pairs(
    const blockals_ids *user_ids, const blockals_ids *item_ids, const uint32_t *users,
    const uint32_t *items, const float *values, int64_t count, const char *settings,
    blockals_stop *stop, blockals_failure **failure);
/* Opens a partition. */
blockals_ratings *blockals_ratings_open(const char *path, blockals_failure **failure);
/* Users, items and ratings, and a digest of 32 digits with a zero behind it. */
void blockals_ratings_facts(
    const blockals_ratings *ratings, int64_t counts[3], char digest[33]);
void blockals_ratings_free(blockals_ratings *ratings);

/* --- Models ------------------------------------------------------------------------------ */

/* Told of what happens, as a JSON object; `started`, `iteration` and `committed` on the thread that
 * trains, `progress` on any. */
typedef void (*blockals_observer)(void *context, const char *event);

/* Trains. `path` is a model's directory, in which training goes on; NULL trains in memory.
 * Settings: those of `blockals train`, and workers, memory (bytes), fresh, progress (yes has
 * `progress` told, up to ten times a second). */
blockals_model *blockals_train(
    const blockals_ratings *ratings, const char *path, const char *settings, blockals_stop *stop,
    blockals_observer observer, void *context, blockals_failure **failure);
blockals_model *blockals_model_open(const char *path, blockals_failure **failure);
/* Writes the model into a directory that does not exist yet. */
int32_t blockals_model_save(
    const blockals_model *model, const char *path, blockals_failure **failure);
/* What the model is, as a JSON object: users, items, rank, biases, mean, iteration, digest,
 * lowestValue, highestValue, settings, history. Freed by blockals_text_free. */
char *blockals_model_facts(const blockals_model *model, blockals_failure **failure);
void blockals_text_free(char *text);
/* Writes the rows of a side (0 users, 1 items) by index: the factors of each, then its bias where
 * the model has biases. `count` is the number of floats that there is room for. */
int32_t blockals_model_factors(
    const blockals_model *model, int32_t side, float *factors, int64_t count,
    blockals_failure **failure);
/* The bytes of all ids of a side together, by index. */
int64_t blockals_model_id_bytes(const blockals_model *model, int32_t side);
/* Writes them, and where each begins: one offset more than ids. */
int32_t blockals_model_ids(
    const blockals_model *model, int32_t side, uint8_t *bytes, int64_t byte_count,
    int64_t *offsets, int64_t offset_count, blockals_failure **failure);
void blockals_model_free(blockals_model *model);

/* --- Answers ----------------------------------------------------------------------------- */

/* Sparse rows, by the model's indices: indptr has a number more than there are rows. */

/* The best items for `count` users, each by a row as blockals_model_factors writes it. Where
 * `among` is not NULL, among those items alone; seen_indptr and seen_items, which may be NULL, are
 * items to leave out. Writes `limit` items and scores for each; places that are left over get
 * UINT32_MAX and -infinity. */
int32_t blockals_recommend(
    const blockals_model *model, const float *users, int64_t count, int64_t limit,
    const uint32_t *among, int64_t among_count, const int64_t *seen_indptr,
    const uint32_t *seen_items, int32_t workers, uint32_t *items, float *scores,
    blockals_failure **failure);
/* The rows of a side whose factors point most nearly in the direction of each of `count` rows,
 * which are given as above; `own` (which may be NULL) are indices to leave out, one for each. */
int32_t blockals_similar(
    const blockals_model *model, int32_t side, const float *rows, int64_t count,
    const uint32_t *own, int64_t limit, int32_t workers, uint32_t *indices, float *cosines,
    blockals_failure **failure);
/* The rows that `count` new users (or items) get for their ratings of the model's items (or
 * users): the minimum of the model's objective. */
int32_t blockals_fold_in(
    const blockals_model *model, int32_t side, int64_t count, const int64_t *indptr,
    const uint32_t *indices, const float *values, int32_t workers, float *rows,
    blockals_failure **failure);
/* What each of a user's `count` ratings adds to the score of an item, as a JSON object: score,
 * baseline, parts of item, rating and value. Freed by blockals_text_free. */
char *blockals_explain(
    const blockals_model *model, const uint32_t *items, const float *values, int64_t count,
    uint32_t item, int32_t workers, blockals_failure **failure);

#ifdef __cplusplus
}
#endif

#endif
