"""The model adaptor's translation: OpenAI chat completions into other providers' protocols.

Owns no table; only the adaptor process imports it. LiteLLM is imported by litellm_bridge alone.
"""
