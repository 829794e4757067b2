import { describe, expect, test } from 'vitest';
import { ModelNames } from '../../src/client/names.ts';
import { ConfigError, RequestError } from '../../src/errors.ts';
import { resolve } from '../options/support.ts';

function namesOf(providers: readonly string[], models: Readonly<Record<string, string | readonly string[]>> = {}): ModelNames {
  const options = Object.fromEntries(
    providers.map((name) => [name, { protocol: 'openai', baseURL: `https://${name}.test/v1`, keys: ['k'] }]),
  );
  const settings = resolve({ providers: options, models });
  return new ModelNames(
    settings.providers.map(({ provider }) => provider),
    settings.models,
  );
}

const found = (names: ModelNames, model: string) => names.resolve(model).map((target) => `${target.provider.name} ${target.model}`);
const failure = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error;
  }
};

describe('with one provider', () => {
  test.each([
    ['openai/gpt-5-mini', 'gpt-5-mini'],
    ['openai:gpt-5-mini', 'gpt-5-mini'],
    ['gpt-5-mini', 'gpt-5-mini'],
    ['llama3:8b', 'llama3:8b'],
    ['meta-llama/Llama-3.1-8B', 'meta-llama/Llama-3.1-8B'],
    ['ft:gpt-4o:org::id', 'ft:gpt-4o:org::id'],
    ['openai/meta-llama/x:free', 'meta-llama/x:free'],
    ['openai:openai/x', 'openai/x'],
    ['/x', '/x'],
    [':x', ':x'],
    ['OpenAI/x', 'OpenAI/x'],
    ['constructor', 'constructor'],
    ['__proto__', '__proto__'],
    ['__proto__/x', '__proto__/x'],
    ['toString', 'toString'],
  ])('%s asks for %s', (name, model) => {
    expect(found(namesOf(['openai']), name)).toEqual([`openai ${model}`]);
  });

  test.each(['openai/', 'openai:', ''])('%j names no model', (name) => {
    expect(() => namesOf(['openai']).resolve(name)).toThrow(RequestError);
  });
});

describe('with several providers', () => {
  const names = namesOf(['openai', 'mine'], { fast: ['openai/a', 'mine:b'], smart: 'mine/c' });

  test.each([
    ['mine/llama3:8b', ['mine llama3:8b']],
    ['openai:gpt', ['openai gpt']],
    ['fast', ['openai a', 'mine b']],
    ['smart', ['mine c']],
  ])('%s', (name, targets) => {
    expect(found(names, name)).toEqual(targets);
  });

  test.each([
    ['gpt-5', 'use one of fast, smart, openai/…, mine/…: current value is "gpt-5"'],
    ['meta-llama/x', 'use one of '],
    ['fats', 'did you mean \'fast\'?: current value is "fats"'],
    ['constructor', 'use one of '],
    ['__proto__', 'use one of '],
    ['constructor/x', 'use one of '],
    ['fast/x', "did you mean 'fast'?"],
    ['x\u001b[31m', 'current value is "x [31m"'],
  ])('%j is none', (name, reason) => {
    const error = failure(() => names.resolve(name));
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({
      code: 'invalid_request',
      class: 'bad_request',
      status: undefined,
      message: expect.stringContaining("'model' must be an alias or name a configured provider"),
    });
    expect(String(error)).toContain(reason);
  });
});

describe('aliases', () => {
  test('come before providers and bare names', () => {
    const names = namesOf(['openai'], { 'openai/gpt-5': 'openai/other', gpt: 'openai/gpt-4' });
    expect(found(names, 'openai/gpt-5')).toEqual(['openai other']);
    expect(found(names, 'gpt')).toEqual(['openai gpt-4']);
  });

  test('of one provider may name bare models, and stand before the model of their own name', () => {
    expect(found(namesOf(['openai'], { gpt: ['gpt', 'gpt-mini'] }), 'gpt')).toEqual(['openai gpt', 'openai gpt-mini']);
  });

  test('resolve to the same targets each time', () => {
    const names = namesOf(['openai'], { fast: 'a' });
    expect(names.resolve('fast')).toBe(names.resolve('fast'));
  });

  test.each<[readonly string[], Record<string, string | string[]>, string]>([
    [
      ['openai'],
      { smart: 'fast', fast: 'openai/a' },
      `'models.smart' must name models of configured providers, and aliases do not nest: current value is "fast"`,
    ],
    [
      ['openai'],
      { fast: 'openai/a', smart: ['openai/b', 'fast'] },
      `'models.smart' must name models of configured providers, and aliases do not nest`,
    ],
    [['openai', 'mine'], { smart: 'fast', fast: 'openai/a' }, 'aliases do not nest'],
    [['openai', 'mine'], { fast: 'gpt' }, `'models.fast' must name models of configured providers: current value is "gpt"`],
    [['openai', 'mine'], { fast: 'fast' }, `'models.fast' must name models of configured providers: current value is "fast"`],
    [['openai'], { fast: 'openai/' }, `'models.fast' must name models of configured providers: current value is "openai/"`],
    [['openai', 'mine'], { fast: ['openai/a', 'anthropic/b'] }, `current value is "anthropic/b"`],
  ])('of %j to nothing are refused: %j', (providers, models, reason) => {
    const error = failure(() => namesOf(providers, models));
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain(reason);
  });

  test("a provider's model of an alias's name is no nesting", () => {
    expect(found(namesOf(['openai'], { fast: 'openai/a', 'openai/b': 'openai/c', smart: 'openai/b' }), 'smart')).toEqual(['openai b']);
  });
});

test('a route is named by provider, address and model', () => {
  expect(namesOf(['openai']).resolve('gpt')[0]?.route).toBe('openai https://openai.test/v1 gpt');
});

test.each([5, null, {}, []])('what is no text is no model: %j', (model) => {
  // As from a program without types.
  expect(failure(() => namesOf(['openai'], { fast: 'openai/a' }).resolve(model as unknown as string))).toBeInstanceOf(RequestError);
});
