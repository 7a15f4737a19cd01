// What the inner loops are called with. (In C, because the loops are compiled once per instruction
// set, as modules of their own, and all of them must agree on the types.)
//
// Memory begins at a multiple of 64 bytes. A *vector* has `width` numbers, a *square* `width` lines
// of `width` numbers each; `width` is a multiple of 16. Of a symmetric matrix the blocks of 16 × 16
// on and above the diagonal count, unless both halves are asked for.
#pragma once
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Workers may be given the same one: whoever does so sees to it that no part has two writers.
#define KERNEL_SHARED __attribute__((swift_attr("@Sendable")))

/// The ratings of a row, or of a segment of it, and the table that their columns refer to.
typedef struct {
  /// The fixed side's rows, `width` floats from one to the next.
  const float *factors;
  long width;
  /// The row of `factors` that each of `count` ratings belongs to.
  const uint32_t *columns;
  long count;
  /// Columns that may be read behind those of the ratings: rows that will be wanted next.
  long ahead;
  /// `count` floats: the coefficient t of each rating's factors y in the vector Σ t·y. Biases are
  /// taken off in place.
  float *targets;
  /// `count` floats: the coefficient w of each rating in the matrix Σ w·yyᵀ; all ones where absent.
  const float *_Nullable weights;
  /// Where a row of `factors` has its bias; negative where it has none.
  long bias_position;
} RatingRun;

/// What a run of ratings is summed in.
typedef struct {
  /// `panelRows(width:)` lines of `width` floats; twice as many where the run has weights.
  float *panel;
  /// Square; becomes Σ w·yyᵀ. What lies below its blocks is not touched.
  float *matrix;
  /// Vector; becomes Σ t·y.
  float *vector;
} NormalSums;

/// (A + diag(ridge)) x = b, of a symmetric positive definite matrix.
typedef struct {
  /// Square: A; zero in padded rows and columns.
  const float *matrix;
  /// Vector, added on the diagonal; 1 in the padding, which so becomes part of the unit matrix and
  /// stays apart from the rest.
  const float *ridge;
  /// Vector: b; zero in the padding.
  const float *vector;
  long width;
  /// The unknowns; what is left of `width` is padding.
  long order;
  /// No eigenvalue of A + diag(ridge) is below it, as far as the caller knows.
  float least;
  /// Square; becomes U with UᵀU = A + diag(ridge). Below its blocks stands nothing of use. May be
  /// `matrix`.
  float *factor;
  /// Vector; becomes 1 / U[i][i].
  float *inverses;
  /// Vector; becomes x, zero in the padding. May be `ridge`.
  float *solution;
} CholeskySystem;

/// What the dual form of a row is solved in.
typedef struct {
  /// Vector: 1 / √d of the diagonal d that Σ w·yyᵀ is added to.
  const float *roots;
  /// Squares; hold Z, Zᵀ and I + ZZᵀ.
  float *rows;
  float *transposed;
  float *kernel;
  /// Vectors to work in.
  float *inverses;
  float *coefficients;
  /// Vector; becomes Zq for q = Zᵀv: each rating's √w · x·y.
  float *fitted;
  /// Vector; becomes x.
  float *solution;
} DualSystem;

/// What a row is improved by conjugate gradients with.
typedef struct {
  /// Square, both halves: what all cells add; absent for explicit feedback.
  const float *_Nullable gramian;
  /// Vector: the ridge.
  const float *diagonal;
  long steps;
  /// 3 · `width` floats.
  float *work;
  /// Vector: x, from which the steps go on. Its padding is zero, before and after.
  float *solution;
} ConjugateSystem;

/// What a non-negative row is solved from and in.
typedef struct {
  /// Square, both halves: A.
  const float *matrix;
  /// Vector above 0: d.
  const float *diagonal;
  /// Vector: b.
  const float *vector;
  long width;
  /// What is right to this part of the largest x is right.
  float tolerance;
  /// As in `CholeskySystem`.
  float least;
  /// Passes over all of x at most.
  long sweeps;
  /// Square to work in.
  float *square;
  /// 3 · `width` floats to work in.
  float *work;
  /// Vectors to work in.
  float *inverses;
  float *gradient;
  /// Vector; becomes x. Padding stays zero.
  float *solution;
} NonnegativeSystem;

/// Rows to be multiplied by a square matrix.
typedef struct {
  /// `count` lines of `width` floats.
  const float *rows;
  long count;
  long width;
  /// For every 32 columns of the matrix `width` lines of 32 floats, line p with its part of
  /// matrix[p]; the last strip is filled up with zeros.
  const float *strips;
  /// `productPanel(width:)` floats to work in.
  float *panel;
  /// `count` lines of `width` floats; may be `rows`.
  float *output;
} RowProduct;

/// A symmetric matrix with nothing but its diagonal and what stands beside it: vectors.
typedef struct {
  double *diagonal;
  /// Element k stands between k and k + 1.
  double *off_diagonal;
  long width;
} Tridiagonal;

/// The reflections that have made a matrix tridiagonal.
typedef struct KERNEL_SHARED {
  /// Square: row k holds the vector v of reflection k behind its diagonal.
  double *matrix;
  /// Vector: reflection k is I − scales[k]·v·vᵀ, or none where it is 0.
  double *scales;
  long width;
} Reflections;

/// Steps towards the eigenvalues, written down to be made on the eigenvectors later.
typedef struct KERNEL_SHARED {
  /// Two numbers a step: the row of its first turn, and its turns.
  long *steps;
  /// Sine and cosine of each turn, of one row and the row above.
  double *turns;
} Turns;

/// Columns of a matrix that are taken out of it, turned and put back.
typedef struct {
  /// Square.
  double *vectors;
  long width;
  /// The first of 16 columns.
  long column;
  /// 16 · `width` doubles to work in.
  double *slice;
} ColumnSlice;

#pragma clang assume_nonnull end
