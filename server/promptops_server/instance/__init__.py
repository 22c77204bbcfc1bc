"""Instance: what an administrator sees of the installation: the health of its parts, its settings.

Owns no table.
"""
