"""Asks a server through the official OpenAI SDK and prints what came of it: chat.py BASE_URL TOKEN."""

import json
import sys

from openai import APIStatusError, AuthenticationError, OpenAI, RateLimitError

base_url, token = sys.argv[1:]
client = OpenAI(base_url=base_url, api_key=token, max_retries=0)
messages = [{"role": "developer", "content": "Sois bref."}, {"role": "user", "content": "Bonjour"}]


def fails(model, key=token):
    try:
        OpenAI(base_url=base_url, api_key=key, max_retries=0).chat.completions.create(model=model, messages=messages)
    except (AuthenticationError, RateLimitError, APIStatusError) as error:
        return [type(error).__name__, error.status_code, (error.body or {}).get("code")]


whole = client.chat.completions.create(model="sim-ok", messages=messages, max_completion_tokens=50, seed=7, user="u")
parts = client.chat.completions.create(model="sim-ok", messages=messages, stream=True, stream_options={"include_usage": True})
chunks = list(parts)
print(
    json.dumps(
        {
            "models": [model.id for model in client.models.list()],
            "whole": whole.choices[0].message.content,
            "tokens": whole.usage.total_tokens,
            "stream": "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices),
            "finish": chunks[-1].choices[0].finish_reason,
            "failures": [fails("sim-429_rate"), fails("sim-500"), fails("sim-ok", "wrong")],
        }
    )
)
