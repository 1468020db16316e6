// One scenario with the vendor's SDK; prints what it saw as one line of JSON.
import Anthropic from '@anthropic-ai/sdk';

const [scenario, baseURL, apiKey] = process.argv.slice(2);
const client = new Anthropic({ baseURL, apiKey, maxRetries: scenario.startsWith('retry') ? 2 : 0 });
const ask = (model, more = {}) => ({
  model,
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Hi' }],
  ...more,
});

const failure = (error) => ({
  name: error.constructor.name,
  status: error.status ?? null,
  requestID: error.requestID ?? null,
  type: error.error?.error?.type ?? null,
});

const scenarios = {
  async create() {
    const message = await client.messages.create(ask('normal'));
    return { text: message.content[0].text, input: message.usage.input_tokens, id: message._request_id };
  },
  async stream() {
    let words = 0;
    const stream = client.messages.stream(ask('normal')).on('text', () => words++);
    const message = await stream.finalMessage();
    return { text: message.content[0].text, output: message.usage.output_tokens, words };
  },
  async abort() {
    const stream = await client.messages.create(ask('endless', { stream: true }));
    for await (const event of stream) {
      if (event.type === 'content_block_delta') {
        stream.controller.abort();
      }
    }
    return { aborted: stream.controller.signal.aborted };
  },
  async cut() {
    const words = [];
    try {
      for await (const event of await client.messages.create(ask('cut-after-first', { stream: true }))) {
        if (event.type === 'content_block_delta') words.push(event.delta.text);
      }
      return { words, error: null };
    } catch (error) {
      return { words, error: failure(error) };
    }
  },
  async errors() {
    const seen = {};
    for (const model of ['rate-always', 'overloaded', 'broken', 'unauthorized']) {
      seen[model] = await client.messages.create(ask(model)).then(() => null, failure);
    }
    seen.empty = await client.messages.create(ask('normal', { messages: [] })).then(() => null, failure);
    const stranger = new Anthropic({ baseURL, apiKey: 'not-a-key', maxRetries: 0 });
    seen.stranger = await stranger.messages.create(ask('normal')).then(() => null, failure);
    return seen;
  },
  async retry() {
    const started = Date.now();
    const message = await client.messages.create(ask('rate-once'));
    return { text: message.content[0].text, waited: Date.now() - started };
  },
  async rest() {
    const models = await client.models.list({ limit: 20, after_id: 'a' });
    const model = await client.models.retrieve('normal');
    const betaModel = await client.beta.models.retrieve('normal', { betas: [] });
    return { models: models.data.map((one) => one.id), model: model.id, betaModel: betaModel.id };
  },
  async current() {
    const betas = [];
    const messages = [{ role: 'user', content: 'Hi' }];
    const whole = await client.beta.messages.create({ model: 'normal', max_tokens: 100, messages, betas });
    await client.beta.messages.countTokens({ model: 'normal', messages, betas });
    const thread = client.beta.messages.thread({ model: 'normal', max_tokens: 100 });
    await thread.send({ role: 'user', content: 'Hi' });
    await thread.send({ role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: '1' }] });
    return { text: whole.content[0].text };
  },
};

console.log(JSON.stringify(await scenarios[scenario]()));
