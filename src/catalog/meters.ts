/** In what meters count. */
export const METER_UNITS = ['TOKEN', 'CHARACTER', 'IMAGE', 'SECOND', 'MINUTE', 'HOUR', 'CALL'] as const;
/** In what a meter counts. Multipliers may apply to some units only. */
export type MeterUnit = (typeof METER_UNITS)[number];

interface MeterDefinition {
  readonly unit: MeterUnit;
  readonly description: string;
  /** Its quantity counts towards the input tokens that price thresholds look at. */
  readonly inputToken?: true;
  /** The meter whose price holds where a model has none for this one. */
  readonly fallback?: string;
  /** The thing it measures, where another meter measures the same thing in another unit: only one may be reported. */
  readonly measures?: string;
}

const definitions = {
  INPUT_TOKEN: {
    unit: 'TOKEN',
    inputToken: true,
    measures: 'input text',
    description: 'Text tokens of the prompt that were neither read from nor written to a cache.',
  },
  CACHED_INPUT_TOKEN: {
    unit: 'TOKEN',
    inputToken: true,
    fallback: 'INPUT_TOKEN',
    description: 'Prompt tokens read from a cache.',
  },
  CACHE_WRITE_TOKEN: {
    unit: 'TOKEN',
    inputToken: true,
    fallback: 'INPUT_TOKEN',
    description:
      'Prompt tokens written to a cache with the default lifetime (five minutes at most suppliers).',
  },
  CACHE_WRITE_1H_TOKEN: {
    unit: 'TOKEN',
    inputToken: true,
    fallback: 'CACHE_WRITE_TOKEN',
    description: 'Prompt tokens written to a cache that keeps them for an hour.',
  },
  OUTPUT_TOKEN: {
    unit: 'TOKEN',
    measures: 'output text',
    description: 'Text tokens of the answer, without reasoning tokens.',
  },
  REASONING_TOKEN: {
    unit: 'TOKEN',
    fallback: 'OUTPUT_TOKEN',
    description: 'Tokens the model generated to think and did not show.',
  },
  INPUT_AUDIO_TOKEN: {
    unit: 'TOKEN',
    inputToken: true,
    fallback: 'INPUT_TOKEN',
    measures: 'input audio',
    description: 'Audio tokens of the prompt that were neither read from nor written to a cache.',
  },
  CACHED_INPUT_AUDIO_TOKEN: {
    unit: 'TOKEN',
    inputToken: true,
    fallback: 'INPUT_AUDIO_TOKEN',
    description: 'Audio tokens of the prompt read from a cache.',
  },
  CACHE_WRITE_AUDIO_TOKEN: {
    unit: 'TOKEN',
    inputToken: true,
    fallback: 'INPUT_AUDIO_TOKEN',
    description: 'Audio tokens of the prompt written to a cache.',
  },
  OUTPUT_AUDIO_TOKEN: {
    unit: 'TOKEN',
    measures: 'output audio',
    description: 'Audio tokens of the answer.',
  },
  INPUT_IMAGE_TOKEN: {
    unit: 'TOKEN',
    inputToken: true,
    fallback: 'INPUT_TOKEN',
    measures: 'input images',
    description: 'Tokens of the images in the prompt.',
  },
  OUTPUT_IMAGE_TOKEN: {
    unit: 'TOKEN',
    measures: 'output images',
    description: 'Tokens of the images in the answer.',
  },
  OUTPUT_VIDEO_TOKEN: {
    unit: 'TOKEN',
    measures: 'output video',
    description: 'Tokens of the video in the answer.',
  },
  INPUT_IMAGE: { unit: 'IMAGE', measures: 'input images', description: 'Images in the prompt.' },
  OUTPUT_IMAGE: { unit: 'IMAGE', measures: 'output images', description: 'Images generated.' },
  INPUT_CHARACTER: { unit: 'CHARACTER', measures: 'input text', description: 'Characters of the prompt.' },
  OUTPUT_CHARACTER: { unit: 'CHARACTER', measures: 'output text', description: 'Characters of the answer.' },
  INPUT_SECOND: {
    unit: 'SECOND',
    measures: 'input audio',
    description: 'Seconds of the recording given to the model (transcription).',
  },
  OUTPUT_SECOND: {
    unit: 'SECOND',
    measures: 'output audio',
    description: 'Seconds of the recording made by the model (speech).',
  },
  INPUT_AUDIO_SECOND: {
    unit: 'SECOND',
    measures: 'input audio',
    description: 'Seconds of audio in a prompt of several kinds of input.',
  },
  INPUT_VIDEO_SECOND: { unit: 'SECOND', description: 'Seconds of video in the prompt.' },
  OUTPUT_VIDEO_SECOND: {
    unit: 'SECOND',
    measures: 'output video',
    description: 'Seconds of video generated.',
  },
  GPU_SECOND: { unit: 'SECOND', description: 'Seconds a GPU worked for the request.' },
  MINUTE: { unit: 'MINUTE', description: 'Minutes of use, for what is sold by the minute.' },
  REQUEST: { unit: 'CALL', description: 'Requests, for what is sold by the call or the generation.' },
  WEB_SEARCH: {
    unit: 'CALL',
    description: 'Web searches the model made, counted as its supplier counts them.',
  },
  INSTANCE_HOUR: {
    unit: 'HOUR',
    description: 'Hours of one instance that were begun, for what deployments run on.',
  },
} as const satisfies Record<string, MeterDefinition>;

/** A kind of quantity. Quantities are disjoint: what one meter counts, no other meter of the same charge counts again. */
export type Meter = keyof typeof definitions;

/** Every meter and what it counts. The list is closed. */
export const METERS: Readonly<Record<Meter, MeterDefinition & { readonly fallback?: Meter }>> = definitions;

/** Every meter, in the order in which prices are listed. */
export const METER_LIST: readonly Meter[] = Object.keys(definitions).filter(isMeter);

/** The meter and those whose price holds, one after another, where a model has none for it. */
export function pricingMeters(meter: Meter): readonly Meter[] {
  const { fallback } = METERS[meter];
  return fallback ? [meter, ...pricingMeters(fallback)] : [meter];
}

/** Whether `text` names a meter. */
export function isMeter(text: string): text is Meter {
  return Object.hasOwn(definitions, text);
}
