// Parses a query of Power Query with Microsoft's parser, and prints what its calls of Web.Contents are given.
import { readFileSync } from "node:fs";
import pq from "@microsoft/powerquery-parser";

const task = await pq.TaskUtils.tryLexParse(pq.DefaultSettings, readFileSync(process.argv[2], "utf8"));
if (!pq.TaskUtils.isParseStageOk(task)) {
  console.error(task.error?.message);
  process.exit(1);
}
const { NodeKind } = pq.Language.Ast;
const nodes = [];
const walk = (one) => {
  if (one === null || typeof one !== "object") return;
  if (Array.isArray(one)) return one.forEach(walk);
  if (one.kind) nodes.push(one);
  Object.values(one).forEach(walk);
};
walk(task.ast);

const inner = (list) => list.content.elements.map((one) => one.node);
const shown = (one) => {
  if (one.kind === NodeKind.LiteralExpression) return JSON.parse(one.literal);
  if (one.kind === NodeKind.RecordExpression) return Object.fromEntries(inner(one).map((pair) => [pair.key.literal, shown(pair.value)]));
  // What is put together from a record and something else: the record.
  if (one.kind === NodeKind.ArithmeticExpression) return shown(one.left);
  return { computed: one.kind };
};
const calls = nodes.filter((one) => one.kind === NodeKind.RecursivePrimaryExpression && one.head.identifier?.literal === "Web.Contents");
console.log(JSON.stringify(calls.map((call) => inner(call.recursiveExpressions.elements[0]).map(shown))));
