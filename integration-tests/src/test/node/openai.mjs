// One scenario with the vendor's SDK; prints what it saw as one line of JSON.
import OpenAI from 'openai';

const [scenario, baseURL, apiKey] = process.argv.slice(2);
const client = new OpenAI({
  baseURL: `${baseURL}/v1`,
  apiKey,
  maxRetries: scenario.startsWith('retry') ? 2 : 0,
});
const ask = (model, more = {}) => ({
  model,
  max_completion_tokens: 100,
  messages: [{ role: 'user', content: 'Hi' }],
  ...more,
});

const failure = (error) => ({
  name: error.constructor.name,
  status: error.status ?? null,
  requestID: error.requestID ?? null,
  type: error.type ?? null,
  code: error.code ?? null,
});

const scenarios = {
  async create() {
    const answer = await client.chat.completions.create(ask('normal'));
    return { text: answer.choices[0].message.content, input: answer.usage.prompt_tokens, id: answer._request_id };
  },
  async stream() {
    let text = '';
    let words = 0;
    let output = null;
    for await (const chunk of await client.chat.completions.create(ask('normal', { stream: true }))) {
      const word = chunk.choices[0]?.delta?.content;
      if (word) {
        text += word;
        words++;
      }
      output = chunk.usage?.completion_tokens ?? output;
    }
    return { text, output, words };
  },
  async responses() {
    const answer = await client.responses.create({ model: 'normal', input: 'Hi', max_output_tokens: 100 });
    let streamed = '';
    for await (const event of await client.responses.create({ model: 'normal', input: 'Hi', stream: true })) {
      if (event.type === 'response.output_text.delta') streamed += event.delta;
    }
    return { text: answer.output_text, streamed };
  },
  async abort() {
    const stream = await client.chat.completions.create(ask('endless', { stream: true }));
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta?.content) stream.controller.abort();
    }
    return { aborted: stream.controller.signal.aborted };
  },
  async cut() {
    const words = [];
    try {
      for await (const chunk of await client.chat.completions.create(ask('cut-after-first', { stream: true }))) {
        if (chunk.choices[0]?.delta?.content) words.push(chunk.choices[0].delta.content);
      }
      return { words, error: null };
    } catch (error) {
      return { words, error: failure(error) };
    }
  },
  async cutResponse() {
    const words = [];
    try {
      for await (const event of await client.responses.create({ model: 'cut-after-first', input: 'Hi', stream: true })) {
        if (event.type === 'response.output_text.delta') words.push(event.delta);
        if (event.type === 'error') return { words, error: { name: 'event' } };
      }
      return { words, error: null };
    } catch (error) {
      return { words, error: failure(error) };
    }
  },
  async errors() {
    const seen = {};
    for (const model of ['rate-always', 'broken', 'unauthorized']) {
      seen[model] = await client.chat.completions.create(ask(model)).then(() => null, failure);
    }
    seen.empty = await client.chat.completions.create(ask('normal', { messages: [] })).then(() => null, failure);
    const stranger = new OpenAI({ baseURL: `${baseURL}/v1`, apiKey: 'not-a-key', maxRetries: 0 });
    seen.stranger = await stranger.chat.completions.create(ask('normal')).then(() => null, failure);
    return seen;
  },
  async retry() {
    const started = Date.now();
    const answer = await client.chat.completions.create(ask('rate-once'));
    return { text: answer.choices[0].message.content, waited: Date.now() - started };
  },
  async rest() {
    const models = await client.models.list();
    const model = await client.models.retrieve('normal');
    return { models: models.data.map((one) => one.id), model: model.id };
  },
  async current() {
    const prompt = { id: 'pmpt_1' };
    await client.responses.create({ prompt });
    await client.beta.responses.create({ model: 'normal', input: [{ id: 'msg_1' }] });
    const answer = await client.responses.create({
      model: 'normal',
      input: [
        { type: 'item_reference', id: 'fc_1' },
        { type: 'function_call_output', call_id: 'c1', output: '1' },
      ],
    });
    return { text: answer.output_text };
  },
};

console.log(JSON.stringify(await scenarios[scenario]()));
