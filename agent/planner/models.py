"""Where rankings come from: anything that answers a brief, such as a chat model at an OpenAI-compatible address."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from forestall.errors import BadInput, Problem, Unavailable


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model sent, as it came, and the tokens it counted for question and answer."""

    text: str
    tokens: int


class RankingModel(Protocol):
    """Anything that answers a brief. Raises ``Unavailable`` when it can't."""

    name: str

    def ask(self, task: str, brief: str, schema: Mapping[str, Any]) -> Reply: ...


class ChatModel:
    """A chat model by LangChain's name for it. Nothing is retried: the deterministic ranking is there already."""

    def __init__(
        self, model: str, provider: str, base_url: str | None, api_key: str, timeout_s: float, max_tokens: int
    ) -> None:
        try:
            from langchain.chat_models import init_chat_model
        except ImportError as error:
            problem = Problem("FORESTALL_LLM_MODEL", str(error), "install forestall[llm], or leave the setting empty")
            raise BadInput("The language model can't be used here.", [problem]) from error
        self.name = f"{provider}:{model}"
        self._model = init_chat_model(
            model,
            model_provider=provider,
            base_url=base_url,
            api_key=api_key,
            timeout=timeout_s,
            max_retries=0,
            max_tokens=max_tokens,
            temperature=0.0,
        )
        self._model.with_structured_output({"title": "Warm", "type": "object", "properties": {}}, method="json_schema")

    def ask(self, task: str, brief: str, schema: Mapping[str, Any]) -> Reply:
        """One request in JSON-schema mode.

        Raises:
            Unavailable: no answer, an error of the server's, or one that is not even a chat completion.
        """
        structured = self._model.with_structured_output(dict(schema), method="json_schema", include_raw=True)
        try:
            result = structured.invoke([("system", task), ("human", brief)])
        except Exception as error:  # every provider raises its own
            raise Unavailable(f"{self.name}: {type(error).__name__}") from error
        message = result["raw"]  # type: ignore[index]
        usage = message.usage_metadata or {}
        return Reply(str(message.content), max(0, int(usage.get("total_tokens", 0))))


def hash_request(task: str, brief: str, schema: Mapping[str, Any]) -> str:
    """SHA-256 of everything the model is given, whichever model it is."""
    return hashlib.sha256(json.dumps([task, brief, schema], sort_keys=True).encode()).hexdigest()
