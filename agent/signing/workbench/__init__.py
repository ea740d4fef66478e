"""Processes that prepare and complete the documents of a batch; `workshop` starts them."""
