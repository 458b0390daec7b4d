import graphql from '@graphql-eslint/eslint-plugin';

const recommended = graphql.configs['flat/schema-recommended'].rules;
const [level, naming] = recommended['@graphql-eslint/naming-convention'];

// Only the schema: Biome checks the TypeScript.
export default [
  {
    files: ['schema/**/*.graphql'],
    plugins: { '@graphql-eslint': graphql },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: 'schema/schema.graphql' } },
    },
    rules: {
      ...recommended,
      // An instance type is called that in the field.
      '@graphql-eslint/naming-convention': [
        level,
        { ...naming, 'ObjectTypeDefinition,ObjectTypeExtension': {} },
      ],
      ...graphql.configs['flat/schema-relay'].rules,
      // Everything a customer can meet says what it is.
      '@graphql-eslint/require-description': [
        'error',
        {
          types: true,
          rootField: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
          DirectiveDefinition: true,
        },
      ],
      // Values, payloads and errors have no id, and short lists of them are no connections.
      '@graphql-eslint/strict-id-in-types': 'off',
      '@graphql-eslint/relay-edge-types': [
        'error',
        { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false },
      ],
    },
  },
];
