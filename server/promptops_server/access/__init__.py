"""Access: projects, API keys, and who is asking.

Owns projects, environments and api_keys; gives every other slice its Caller.
"""
