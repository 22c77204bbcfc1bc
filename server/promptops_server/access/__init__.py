"""Access: projects, people, API keys, and who is asking.

Owns projects, environments, api_keys, users, memberships, sessions and sign_in_links; gives every
other slice its Caller.
"""
