#!/usr/bin/env python3
"""Print the reference numbers that tests compare with, from NumPy in float64.

    python3 tools/reference.py

Everything is about the worked matrix (rows ann, zoë, bob; columns Alien, Brazil, Dune, Casablanca)
and the factors of rank 2 that `TinyRatings.factors()` has. Dense, and without any of our own code.
"""
import numpy as np

NONE = np.nan
RATINGS = np.array([[5, 3, 4, NONE], [2, 5, 4.5, NONE], [4, NONE, NONE, 1]])
USERS = np.array([[1, 2], [2, 1], [1, 0]], dtype=float)
ITEMS = np.array([[2, 1], [1, 1], [1.5, 1], [0.5, -1]], dtype=float)


def ridge(count, regularization, scaling):
    return regularization * (count if scaling == "count" else 1)


def solved(ratings, fixed, regularization, scaling):
    """Each row's factors: (Y'Y + ridge I) x = Y'r over the columns that the row rates."""
    rows = []
    for row in ratings:
        seen = ~np.isnan(row)
        y = fixed[seen]
        a = y.T @ y + ridge(seen.sum(), regularization, scaling) * np.eye(fixed.shape[1])
        rows.append(np.linalg.solve(a, y.T @ row[seen]))
    return np.array(rows)


def objective(users, items, regularization, scaling):
    error = np.nansum((RATINGS - users @ items.T) ** 2)
    for factors, ratings in ((users, RATINGS), (items, RATINGS.T)):
        for row, seen in zip(factors, ~np.isnan(ratings)):
            error += ridge(seen.sum(), regularization, scaling) * row @ row
    return error


def show(name, value):
    print(f"{name}: {np.array2string(np.asarray(value), precision=12, separator=', ')}")


for scaling in ("count", "none"):
    print(f"# regularization 0.1, scaling {scaling}")
    show("objective before", objective(USERS, ITEMS, 0.1, scaling))
    items = solved(RATINGS.T, USERS, 0.1, scaling)
    show("items from users", items)
    show("objective after the items' phase", objective(USERS, items, 0.1, scaling))
    users = solved(RATINGS, items, 0.1, scaling)
    show("users from these items", users)
    show("objective after the users' phase", objective(users, items, 0.1, scaling))

print("# a row that rates (1, 2), (1, 3), (1, 4) with 4, 9, 16")
Y, R = np.array([[1, 2], [1, 3], [1, 4]], dtype=float), np.array([4, 9, 16], dtype=float)
for added in (0, 1.5):
    show(f"solution with ridge {added}", np.linalg.solve(Y.T @ Y + added * np.eye(2), Y.T @ R))

print("# errors of the untrained factors")
error = (RATINGS - USERS @ ITEMS.T)[~np.isnan(RATINGS)]
show("rmse", np.sqrt(np.mean(error**2)))
show("mae", np.mean(np.abs(error)))
