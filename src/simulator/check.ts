/** What a number must satisfy. */
export interface NumberRule {
  readonly from?: number;
  readonly above?: number;
  readonly to?: number;
  /** Only whole numbers. */
  readonly whole?: boolean;
  /** `Infinity` is a value too: "for ever". */
  readonly endless?: boolean;
}

/** Tests what a user gave and says what is wrong with it in one sentence, with the place and the value. */
export class Checker {
  readonly #action: string;
  readonly #path: string;

  /** @param action What cannot be done when a value is wrong, as in "start the simulator". */
  constructor(action: string, path = '') {
    this.#action = action;
    this.#path = path;
  }

  /** A checker for what lies below a field, or below an element of a list. */
  at(name: string | number): Checker {
    return new Checker(this.#action, this.#locate(name));
  }

  /** Where a field is, as the user would write it. */
  #locate(name: string | number): string {
    if (typeof name === 'number') return `${this.#path}[${name}]`;
    return this.#path === '' || name === '' ? this.#path + name : `${this.#path}.${name}`;
  }

  /** A value of the wrong type. */
  typeError(name: string | number, expected: string, value: unknown): TypeError {
    return new TypeError(this.#sentence(name, expected, show(value)));
  }

  /** A value of the right type outside of what is possible. */
  rangeError(name: string | number, expected: string, value: unknown): RangeError {
    return new RangeError(this.#sentence(name, expected, show(value)));
  }

  #sentence(name: string | number, expected: string, shown: string): string {
    return `Cannot ${this.#action} as '${this.#locate(name)}' must be ${expected}: current value is ${shown}`;
  }

  number(name: string | number, value: unknown, rule: NumberRule = {}): number {
    const expected = describe(rule);
    if (typeof value !== 'number') throw this.typeError(name, expected, value);
    const finite = Number.isFinite(value) || (rule.endless === true && value === Infinity);
    const whole = rule.whole !== true || Number.isInteger(value) || value === Infinity;
    const inside = value >= (rule.from ?? -Infinity) && value > (rule.above ?? -Infinity) && value <= (rule.to ?? Infinity);
    if (!finite || !whole || !inside) throw this.rangeError(name, expected, value);
    return value;
  }

  text(name: string | number, value: unknown): string {
    if (typeof value !== 'string') throw this.typeError(name, 'a text', value);
    if (value === '') throw this.rangeError(name, 'a text that is not empty', value);
    return value;
  }

  flag(name: string | number, value: unknown): boolean {
    if (typeof value !== 'boolean') throw this.typeError(name, 'true or false', value);
    return value;
  }

  oneOf<T extends string>(name: string | number, value: unknown, choices: readonly T[]): T {
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw this.typeError(name, `one of ${choices.map((choice) => `'${choice}'`).join(', ')}`, value);
    return found;
  }

  list(name: string | number, value: unknown): readonly unknown[] {
    if (!Array.isArray(value)) throw this.typeError(name, 'a list', value);
    return value;
  }

  texts(name: string, value: unknown): readonly string[] {
    return this.list(name, value).map((entry, index) => this.at(name).text(index, entry));
  }

  object(name: string | number, value: unknown, expected = 'an object'): Readonly<Record<string, unknown>> {
    if (!isObject(value)) throw this.typeError(name, expected, value);
    return value;
  }

  callback(name: string, value: unknown): void {
    if (typeof value !== 'function') throw this.typeError(name, 'a function', value);
  }

  /** Refuses fields nobody reads: `rmp: 3` would mean "no limit" without a word. */
  known(value: Readonly<Record<string, unknown>>, names: readonly string[]): void {
    for (const name of Object.keys(value)) {
      if (!names.includes(name)) throw this.typeError(name, `left out, as the fields here are ${names.join(', ')}`, value[name]);
    }
  }
}

/** True for what JSON calls an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(rule: NumberRule): string {
  const noun = rule.whole === true ? 'an integer' : 'a number';
  const from = rule.from === undefined ? '' : ` from ${rule.from}`;
  const above = rule.above === undefined ? '' : ` above ${rule.above}`;
  const to = rule.to === undefined ? '' : ` to ${rule.to}`;
  return noun + from + above + to;
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return 'a function';
  if (isObject(value)) return 'an object';
  return Array.isArray(value) ? `a list of ${value.length}` : String(value);
}
