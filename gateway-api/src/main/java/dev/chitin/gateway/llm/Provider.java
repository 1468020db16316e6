package dev.chitin.gateway.llm;

import dev.chitin.gateway.telemetry.ModelSpans;
import dev.chitin.sandbox.http.RelayClient;

/**
 * One provider, ready to be asked.
 *
 * @param settings as the operator names it
 * @param plans makes its plans
 * @param budget counts what principals use of it
 * @param client carries its requests
 * @param spans traces them
 */
record Provider(
    ProviderSettings settings,
    LlmPlans plans,
    TokenBudget budget,
    RelayClient client,
    ModelSpans spans) {}
