"""Prompts: prompts, their drafts and versions, their templates.

Owns the tables prompts and prompt_versions, and the one way in which a template is rendered.
"""
