from webui.filing.search_words import folded


def test_searching_folds_marks_and_capitals():
    assert folded("CÔNG TY Đường Ất") == "cong ty duong at"
