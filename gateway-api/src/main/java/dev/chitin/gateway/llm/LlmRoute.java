package dev.chitin.gateway.llm;

/** What of a provider's API the gateway passes on. */
public enum LlmRoute {
  MESSAGES("POST", "/v1/messages"),
  COUNT_TOKENS("POST", "/v1/messages/count_tokens"),
  CHAT("POST", "/v1/chat/completions"),
  RESPONSES("POST", "/v1/responses"),
  MODELS("GET", "/v1/models"),
  MODEL("GET", "/v1/models/{model}");

  private final String method;
  private final String path;

  LlmRoute(String method, String path) {
    this.method = method;
    this.path = path;
  }

  public String method() {
    return method;
  }

  /** The same here and, below the provider's base, there; a name in braces is any one segment. */
  public String path() {
    return path;
  }

  /** Whether a request has a body. */
  public boolean hasBody() {
    return this != MODELS && this != MODEL;
  }

  /** Whether a model writes an answer, which costs tokens. */
  boolean generates() {
    return this == MESSAGES || this == CHAT || this == RESPONSES;
  }
}
