"""Looking at signatures that others, or we, have made: what is signed, by whom, and does it count.

verify    the use case: a signed file → a report
files     kinds of signed files, recognised by their content, with one face
report    what was found, as data (TT 15/2025/TT-BKHCN, Điều 6.4)
words     the report in the user's language
"""
