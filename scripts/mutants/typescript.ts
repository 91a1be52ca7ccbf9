// What the rule markers in TypeScript files mark.

import ts from "typescript";
import type { Span, Target } from "./target.ts";

/** One marker. Without a target it marks nothing. */
export interface FoundMark {
  id: string;
  /** Where the comment is, in UTF-16 code units. */
  start: number;
  end: number;
  target?: Target;
}

/** Finds the markers of a file. Throws where the text is no TypeScript. */
export function marksInTypeScript(name: string, text: string): FoundMark[] {
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  // Not in the public types, but what the parser found wrong is nowhere else without a program.
  const [fault] = (file as unknown as { parseDiagnostics: readonly ts.DiagnosticWithLocation[] }).parseDiagnostics;
  if (fault !== undefined) {
    const { line } = file.getLineAndCharacterOfPosition(fault.start);
    throw new Error(`${name}:${(line + 1).toString()}: ${ts.flattenDiagnosticMessageText(fault.messageText, " ")}`);
  }
  if (!text.includes("rule:")) return [];
  const marks: FoundMark[] = [];
  eachToken(file, file, (token) => {
    const start = token.getStart(file);
    for (const comment of comments(text, token.getFullStart(), start)) {
      const [, line, inline] = /^(?:\/\/rule:(.*)|\/\*rule:(.*)\*\/)$/.exec(text.slice(...comment)) ?? [];
      const id = line?.trim() ?? inline;
      if (id === undefined) continue;
      const alone = text.slice(text.lastIndexOf("\n", comment[0]) + 1, comment[0]).trim() === "";
      const target = line !== undefined && !alone ? undefined : targetAt(file, token, line !== undefined);
      marks.push({ id, start: comment[0], end: comment[1], ...(target === undefined ? {} : { target }) });
    }
  });
  return marks;
}

/** Where the tokens of a text are, without comments. */
export function tokensOfTypeScript(text: string): Span[] {
  const file = ts.createSourceFile("text.ts", text, ts.ScriptTarget.Latest, true);
  const spans: Span[] = [];
  eachToken(file, file, (token) => {
    if (token.end > token.getStart(file)) spans.push(spanOf(file, token));
  });
  return spans;
}

/** Calls `visit` with each token, in order. */
function eachToken(node: ts.Node, file: ts.SourceFile, visit: (token: ts.Node) => void): void {
  if (ts.isJSDoc(node)) return;
  const children = node.getChildren(file);
  if (children.length > 0) for (const child of children) eachToken(child, file, visit);
  else if (node.kind !== ts.SyntaxKind.SyntaxList) visit(node);
}

/** The comments in a text between two tokens. */
function comments(text: string, from: number, to: number): Span[] {
  const found: Span[] = [];
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, false, ts.LanguageVariant.Standard, text.slice(from, to));
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan())
    if (kind === ts.SyntaxKind.SingleLineCommentTrivia || kind === ts.SyntaxKind.MultiLineCommentTrivia)
      found.push([from + scanner.getTokenStart(), from + scanner.getTokenEnd()]);
  return found;
}

/** What a marker in front of a token marks. */
function targetAt(file: ts.SourceFile, token: ts.Node, line: boolean): Target | undefined {
  const at = token.getStart(file);
  const here: ts.Node[] = [];
  for (let node = token; !ts.isSourceFile(node) && node.getStart(file) === at; node = node.parent) here.push(node);
  const item = line ? here.findLast(isItem) : undefined;
  if (item !== undefined) return describe(file, item);
  const inner = here.findIndex((node) => isValue(node) || isMember(node));
  if (inner < 0) return undefined;
  let outer = inner;
  for (let next = here[outer + 1]; next !== undefined; next = here[outer + 1]) {
    if (!(isValue(next) || isMember(next)) || isLogical(next)) break;
    outer++;
  }
  const node = here[outer];
  return node === undefined ? undefined : describe(file, node);
}

/** Reports whether a node is one of a list of statements, declarations, clauses or members. */
function isItem(node: ts.Node): boolean {
  return (
    ts.isStatement(node) ||
    ts.isClassElement(node) ||
    ts.isCaseOrDefaultClause(node) ||
    ts.isTypeElement(node) ||
    ts.isParameter(node) ||
    isMember(node)
  );
}

/** Reports whether a node is a member of a list in braces that begins with its name. */
const isMember = (node: ts.Node): boolean =>
  ts.isObjectLiteralElementLike(node) || ts.isImportSpecifier(node) || ts.isEnumMember(node);

/** Reports whether a node is an expression, and not only the name of something. */
function isValue(node: ts.Node): boolean {
  if (ts.isSpreadElement(node)) return true;
  if (!ts.isExpression(node)) return false;
  const { parent } = node as { parent: ts.Node & { name?: ts.Node; label?: ts.Node; propertyName?: ts.Node } };
  if (ts.isShorthandPropertyAssignment(parent)) return false;
  return parent.name !== node && parent.label !== node && parent.propertyName !== node && !ts.isTypeNode(parent);
}

function isLogical(node: ts.Node): node is ts.BinaryExpression {
  return (
    ts.isBinaryExpression(node) &&
    (node.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken ||
      node.operatorToken.kind === ts.SyntaxKind.BarBarToken ||
      node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken)
  );
}

function describe(file: ts.SourceFile, node: ts.Node): Target {
  const condition = conditionOf(node);
  const cut = cutOf(file, node);
  return {
    span: spanOf(file, node),
    ...(cut === undefined ? {} : { cut }),
    conditions: condition === undefined ? [] : [spanOf(file, condition)],
    guard: condition !== undefined && (ts.isIfStatement(node) || !ts.isStatement(node)),
    expression: ts.isExpression(node) && !ts.isSpreadElement(node),
  };
}

const spanOf = (file: ts.SourceFile, node: ts.Node): Span => [node.getStart(file), node.end];

/** The condition of a node, or the node itself where it is the whole condition of the one around it. */
function conditionOf(node: ts.Node): ts.Node | undefined {
  const own = ownCondition(node);
  return own ?? (ownCondition(node.parent) === node ? node : undefined);
}

function ownCondition(node: ts.Node): ts.Node | undefined {
  if (ts.isIfStatement(node) || ts.isWhileStatement(node) || ts.isDoStatement(node)) return node.expression;
  if (ts.isConditionalExpression(node) || ts.isForStatement(node)) return node.condition;
  return undefined;
}

/** The range without which a node is gone. */
function cutOf(file: ts.SourceFile, node: ts.Node): Span | undefined {
  const { parent } = node;
  if (isLogical(parent)) {
    const { left, right } = parent;
    return node === left ? [node.getStart(file), right.getStart(file)] : [left.end, node.end];
  }
  const list = listAround(node);
  if (list === undefined) return undefined;
  if (ts.isStatement(node) || ts.isClassElement(node) || ts.isCaseOrDefaultClause(node)) return spanOf(file, node);
  const at = list.indexOf(node);
  const [before, after] = [list[at - 1], list[at + 1]];
  if (after !== undefined) return [node.getStart(file), after.getFullStart()];
  // The comma behind the last may stay where others are left.
  return before === undefined ? [node.getStart(file), list.end] : [before.end, node.end];
}

/** The list that a node is a member of, and can be taken out of. */
function listAround(node: ts.Node): ts.NodeArray<ts.Node> | undefined {
  const list = listOf(node.parent);
  return list?.includes(node) === true ? list : undefined;
}

function listOf(node: ts.Node): ts.NodeArray<ts.Node> | undefined {
  if (ts.isSourceFile(node) || ts.isBlock(node) || ts.isModuleBlock(node)) return node.statements;
  if (ts.isCaseOrDefaultClause(node)) return node.statements;
  if (ts.isCaseBlock(node)) return node.clauses;
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) return node.arguments;
  if (ts.isArrayLiteralExpression(node) || ts.isNamedImports(node)) return node.elements;
  if (ts.isObjectLiteralExpression(node)) return node.properties;
  if (ts.isClassLike(node) || ts.isInterfaceDeclaration(node) || ts.isEnumDeclaration(node)) return node.members;
  return ts.isFunctionLike(node) ? node.parameters : undefined;
}
