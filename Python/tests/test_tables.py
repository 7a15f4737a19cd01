"""Tables of any kind with the Arrow C stream interface."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from blockals import ALS, DataError, SettingError

SETTINGS = {"factors": 4, "iterations": 2}


@pytest.fixture(scope="module")
def columns(ratings):
    coo = ratings.tocoo()
    return {"userId": coo.row, "movieId": coo.col, "rating": coo.data}


def fit(table, **settings):
    return ALS(**SETTINGS).fit_table(table, "userId", "movieId", "rating", **settings)


@pytest.fixture(scope="module")
def digest(ratings):
    return ALS(**SETTINGS).fit(ratings).digest


@pytest.mark.parametrize(
    "kind", [pa.int8(), pa.uint16(), pa.int64(), pa.uint64(), pa.string(), pa.large_string(),
             pa.string_view(), pa.binary(), pa.dictionary(pa.int32(), pa.string()),
             pa.dictionary(pa.int8(), pa.int64())], ids=str)
def test_ids_of_every_type_give_the_model_of_the_matrix(kind, columns, digest):
    def column(numbers):
        if pa.types.is_dictionary(kind):
            values = pa.array(numbers).cast(kind.value_type)
            return values.dictionary_encode().cast(kind)
        if pa.types.is_integer(kind):
            return pa.array(numbers).cast(kind)
        return pa.array(numbers).cast(pa.string()).cast(kind)

    table = pa.table({
        "userId": column(columns["userId"]), "movieId": column(columns["movieId"]),
        "rating": columns["rating"]})
    assert fit(table).digest == digest


@pytest.mark.parametrize("kind", [pa.float64(), pa.float16(), pa.float32()], ids=str)
def test_ratings_of_every_type_serve(kind, columns, digest):
    table = pa.table(columns)
    rating = pa.array(columns["rating"].astype(kind.to_pandas_dtype()))
    assert fit(table.set_column(2, "rating", rating)).digest == digest


def test_chunks_and_slices_are_one_table(columns, digest):
    table = pa.table(columns)
    chunked = pa.concat_tables(
        [table.slice(0, 7), table.slice(7, 0), table.slice(7, 101), table.slice(108)])
    assert fit(chunked).digest == digest
    longer = pa.concat_tables([table.slice(3, 5), table]).combine_chunks()
    assert fit(longer.slice(5)).digest == digest
    text = {name: pa.array(columns[name]).cast(pa.string()) for name in ("userId", "movieId")}
    longer = pa.table(text | {"rating": columns["rating"]})
    longer = pa.concat_tables([longer.slice(3, 5), longer]).combine_chunks()
    assert fit(longer.slice(5)).digest == digest


def test_polars_and_pandas_serve(columns, digest):
    assert fit(pl.DataFrame(columns)).digest == digest
    assert fit(pl.DataFrame(columns).with_columns(
        pl.col("userId").cast(pl.String), pl.col("movieId").cast(pl.String).cast(pl.Categorical)
    )).digest == digest
    assert fit(pd.DataFrame(columns)).digest == digest


def test_long_texts_are_ids(columns):
    names = [f"somebody with the long name {row}" for row in columns["userId"]]
    for kind in (pa.string(), pa.string_view()):
        table = pa.table(columns).set_column(0, "userId", pa.array(names).cast(kind))
        model = fit(table)
        assert model.user_ids[model.user_index("somebody with the long name 3")].endswith(" 3")
    with pytest.raises(KeyError):
        model.user_index("nobody")


def test_ids_come_back_in_their_type(columns):
    model = fit(pa.table(columns))
    assert model.user_ids.dtype.kind == "i"
    user = model.user_index(3)
    assert model.user_ids[user] == 3
    items, _ = model.recommend(user, N=3, filter_already_liked_items=False)
    assert set(model.item_ids[items]) <= set(columns["movieId"])


def test_without_a_column_of_ratings_each_row_is_one(columns):
    model = ALS(feedback="implicit", **SETTINGS).fit_table(
        pa.table(columns), "userId", "movieId", None)
    assert model.history[-1]["objective"] > 0


@pytest.mark.parametrize("name", ["userId", "movieId", "rating"])
def test_a_null_is_refused_with_its_row(name, columns):
    values = columns[name].tolist()
    values[205] = None
    table = pa.table(columns)
    table = table.set_column(table.column_names.index(name), name, pa.array(values))
    table = pa.concat_tables([table.slice(0, 100), table.slice(100)])
    with pytest.raises(DataError, match=f"column '{name}', row 205: is null"):
        fit(table)


def test_what_is_no_rating_is_refused(columns):
    table = pa.table(columns)
    bad = columns["rating"].copy()
    bad[12] = np.nan
    with pytest.raises(DataError, match="row 12: nan is no finite"):
        fit(table.set_column(2, "rating", pa.array(bad)))
    with pytest.raises(SettingError, match="holds no numbers"):
        fit(table.set_column(2, "rating", pa.array(columns["rating"]).cast(pa.string())))
    with pytest.raises(SettingError, match="which are no ids"):
        fit(table.set_column(0, "userId", pa.array(columns["userId"].astype(float))))
    texts = columns["userId"].astype(str).tolist()
    for text, message in [("", "row 9: is an empty text"), ("a\0b", "row 9: has a zero byte")]:
        texts[9] = text
        with pytest.raises(DataError, match=message):
            fit(table.set_column(0, "userId", pa.array(texts)))
    with pytest.raises(DataError, match="have two ratings"):
        fit(pa.concat_tables([table, table.slice(0, 1)]))
    with pytest.raises(SettingError, match="has no column 'user'"):
        ALS().fit_table(table)
    with pytest.raises(DataError, match="no rating|no rows"):
        fit(table.slice(0, 0))
    with pytest.raises(TypeError, match="__arrow_c_stream__"):
        fit(columns)
