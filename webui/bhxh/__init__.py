"""What BHXH wants: its form, its receipts, its numbers, its gateway. No storage, no pages."""
