/**
 * Unions of three or more members that are taken apart piece by piece: a ternary behind a ternary, an `if` behind an `if`, each of which compares
 * the same expression with another member. What is left over stands in no case, and a member that is added falls in there unnoticed. A switch
 * (held by the lint rule switch-exhaustiveness-check) or a `Record` over the union does not compile then. Asks the compiler for types; it must not
 * run a whole type check.
 */
import { relative } from 'node:path';
import { SyntaxKind } from 'typescript/unstable/ast';
import type { Expression, Node, SourceFile, Statement } from 'typescript/unstable/ast';
import {
  isBinaryExpression,
  isBlock,
  isConditionalExpression,
  isIfStatement,
  isParenthesizedExpression,
  isReturnStatement,
} from 'typescript/unstable/ast/is';
import { API } from 'typescript/unstable/sync';
import type { Type } from 'typescript/unstable/sync';
import { ROOT } from '../docs/markdown.ts';

const LEAST = 3;

interface Cascade {
  readonly file: string;
  readonly line: number;
  readonly expression: string;
  readonly members: number;
  /** A ternary that nothing is behind: one member has its value, and all others share one. */
  readonly isLone: boolean;
}

interface Begun {
  readonly subject: Expression;
  readonly file: SourceFile;
  readonly isLone: boolean;
}

/** @param config path of a tsconfig. @param folder whose files are looked at. */
export function cascadesIn(config: string, folder: string): readonly Cascade[] {
  const api = new API({ cwd: ROOT });
  try {
    const project = api.updateSnapshot({ openProjects: [config] }).getProject(config);
    if (project === undefined) throw new Error(`no project ${config}`);
    const files = project.program.getSourceFileNames().filter((name) => name.startsWith(`${folder}/`));
    const begun = files.flatMap((name) => {
      const file = project.program.getSourceFile(name);
      return file === undefined ? [] : cascadesOf(file);
    });
    if (files.length === 0) throw new Error(`no file in ${folder}`);
    const types = project.checker.getTypeAtLocation(begun.map(({ subject }) => subject));
    return begun.flatMap(({ subject, file, isLone }, i) => {
      const members = membersOf(types[i]);
      const line = file.text.slice(0, subject.end).split('\n').length;
      const expression = textOf(subject, file);
      return members < LEAST ? [] : [{ file: relative(ROOT, file.fileName), line, expression, members, isLone }];
    });
  } finally {
    api.close();
  }
}

/** @returns the first subject of each. */
function cascadesOf(file: SourceFile): readonly Begun[] {
  const found: Begun[] = [];
  const behind = new Set<Node>();
  const visit = (node: Node, next: Statement | undefined): void => {
    const links = linksFrom(node, next);
    const [first, second] = [subjectOf(node), links.find((link) => subjectOf(link) !== null)];
    if (first !== null && second !== undefined && textOf(subjectOf(second)!, file) === textOf(first, file)) {
      if (!behind.has(node)) found.push({ subject: first, file, isLone: false });
      behind.add(second);
    } else if (first !== null && isConditionalExpression(node) && !behind.has(node)) {
      found.push({ subject: first, file, isLone: true });
    }
    const children: Node[] = [];
    node.forEachChild((child) => void children.push(child));
    children.forEach((child, i) => visit(child, nextStatement(node, children, i)));
  };
  visit(file, undefined);
  return found;
}

function nextStatement(parent: Node, children: readonly Node[], i: number): Statement | undefined {
  const isList = isBlock(parent) || parent.kind === SyntaxKind.SourceFile || parent.kind === SyntaxKind.CaseClause;
  return isList ? (children[i + 1] as Statement | undefined) : undefined;
}

/** What is asked if a condition does not hold, or where it does not lead elsewhere. */
function linksFrom(node: Node, next: Statement | undefined): readonly Node[] {
  if (isConditionalExpression(node)) return [bare(node.whenFalse), bare(node.whenTrue)];
  if (!isIfStatement(node)) return [];
  const behind = node.elseStatement ?? next;
  if (behind === undefined) return [];
  const returned = isReturnStatement(behind) && behind.expression !== undefined ? [bare(behind.expression)] : [];
  return [behind, ...returned];
}

/** @returns what a condition compares with a literal; null if it does something else. */
function subjectOf(node: Node): Expression | null {
  if (isConditionalExpression(node)) return comparedIn(node.condition);
  return isIfStatement(node) ? comparedIn(node.expression) : null;
}

/** @returns null for `typeof`, too, whose answers are the language's own. */
function comparedIn(condition: Expression): Expression | null {
  const expression = bare(condition);
  if (!isBinaryExpression(expression) || expression.left.kind === SyntaxKind.TypeOfExpression) return null;
  const { left, right, operatorToken } = expression;
  if (operatorToken.kind === SyntaxKind.BarBarToken) return comparedIn(left);
  return EQUALS.has(operatorToken.kind) && LITERALS.has(right.kind) ? left : null;
}

const EQUALS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.EqualsEqualsEqualsToken,
  SyntaxKind.ExclamationEqualsEqualsToken,
]);

/** The right side: a literal, or a constant of a table of them. */
const LITERALS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.StringLiteral,
  SyntaxKind.NumericLiteral,
  SyntaxKind.PropertyAccessExpression,
]);

function bare(node: Node): Expression {
  return isParenthesizedExpression(node) ? bare(node.expression) : (node as Expression);
}

function textOf(node: Node, file?: SourceFile): string {
  const source = file ?? node.getSourceFile();
  return source.text.slice(node.pos, node.end).trim();
}

/** Literals, of words or numbers. */
function membersOf(type: Type | undefined): number {
  if (type === undefined || !type.isUnionType()) return 0;
  return type.getTypes().filter((member) => member.isStringLiteralType() || member.isNumberLiteralType()).length;
}
