package dev.chitin.gateway.llm;

import dev.chitin.sandbox.http.RelayClient;

/**
 * One provider, ready to be asked.
 *
 * @param settings as the operator names it
 * @param plans makes its plans
 * @param budget counts what principals use of it
 * @param client carries its requests
 */
record Provider(
    ProviderSettings settings, LlmPlans plans, TokenBudget budget, RelayClient client) {}
