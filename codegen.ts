import type { CodegenConfig } from '@graphql-codegen/cli';

/** Typed documents of the operations that our own clients send: replay, flow tests, later the console. */
const config: CodegenConfig = {
  schema: 'schema/schema.graphql',
  documents: ['client/operations/*.graphql'],
  ignoreNoDocuments: true,
  generates: {
    'client/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true,
        scalars: {
          ID: 'string',
          Credits: 'string',
          Sequence: 'string',
          Decimal: 'string',
          DateTime: 'string',
          Cursor: 'string',
        },
        importExtension: '.ts',
      },
    },
  },
};

export default config;
