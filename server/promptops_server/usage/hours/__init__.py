"""Usage by the hour: sums and histograms of ended runs, kept for whole hours, merged when asked.

Owns usage_hours and usage_watermark.
"""
