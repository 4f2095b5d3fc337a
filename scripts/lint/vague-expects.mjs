/**
 * A rule for oxlint: no test says `expect(list.every(...)).toBe(true)` or `expect(list.some(...)).toBe(...)`. The first passes on an empty
 * list, and neither shows on a failure which entry was to blame.
 */
const rule = {
  create: (context) => ({
    CallExpression(node) {
      if (node.callee.type !== 'Identifier' || node.callee.name !== 'expect') return;
      const [tested] = node.arguments;
      if (tested?.type !== 'CallExpression' || tested.callee.type !== 'MemberExpression') return;
      const { property } = tested.callee;
      if (property.type !== 'Identifier' || !['every', 'some'].includes(property.name)) return;
      context.report({
        node,
        message:
          `expect(list.${property.name}(...)) says nothing of an empty list and does not show the entry to blame: ` +
          'compare the list, or what filter finds in it, with what is expected',
      });
    },
  }),
};

export default { meta: { name: 'tests' }, rules: { 'vague-expects': rule } };
