interface ParamDefinition {
  readonly description: string;
  /** The values there are; a parameter without them takes any short word. */
  readonly values?: readonly string[];
}

const definitions = {
  serviceTier: {
    values: ['default', 'flex', 'priority', 'batch'],
    description: 'The tier that served the request.',
  },
  speed: { values: ['standard', 'fast'], description: 'The speed that was served.' },
  region: { description: 'Where the request was processed, when it had to be there: "eu", "us" …' },
  searchContextSize: {
    values: ['low', 'medium', 'high'],
    description: 'How much context a web search returned.',
  },
  gpuType: { description: 'The code of the GPU type that did the work.' },
  resolution: { description: 'The resolution of what was generated: "720p", "1024x1024" …' },
  quality: { description: 'The quality of what was generated: "standard", "hd" …' },
} as const satisfies Record<string, ParamDefinition>;

/** A fact about a request that may change its price. */
export type Param = keyof typeof definitions;

/** Every parameter. The list is closed; its order breaks ties between equally specific prices. */
export const PARAMS: Readonly<Record<Param, ParamDefinition>> = definitions;

/** Every parameter, strongest first. */
export const PARAM_LIST: readonly Param[] = Object.keys(definitions).filter(isParam);

const WORD = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;

/** Whether `text` names a parameter. */
export function isParam(text: string): text is Param {
  return Object.hasOwn(definitions, text);
}

/** What is wrong with this value of a parameter, in a sentence; undefined when nothing is. */
export function paramProblem(param: string, value: string): string | undefined {
  if (!isParam(param)) return `is no parameter; there are ${PARAM_LIST.join(', ')}.`;
  const { values } = PARAMS[param];
  if (values && !values.includes(value)) return `must be one of ${values.join(', ')}.`;
  return WORD.test(value) ? undefined : 'must be a word of 1 to 40 letters, digits, ".", "_" and "-".';
}
