/** For commands that try rules out. */
export const rulesOption = {
  rules: {
    type: 'string',
    value: 'FILE',
    about: 'the rules; default: those in force',
    group: 'Where from',
  },
} as const;
