"""Answers from models: one protocol, one file an engine, one way to render prompts."""
