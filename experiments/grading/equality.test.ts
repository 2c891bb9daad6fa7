import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Algebra } from "./algebra.ts";
import { answers, values } from "./answers.fixture.ts";
import { clean } from "./clean.ts";
import { Equality } from "./equality.ts";

const equality = new Equality(new Algebra());
const isSameAnswer = (gold: string, given: string): boolean => equality.compare(gold, given) === "equal";

describe("equal answers", () => {
  test.each([
    ["7", "7"],
    ["7", " $7$. "],
    ["7", "7.0"],
    ["-7", "−7"],
    ["1000", "1,000"],
    ["12345678", "12{,}345{,}678".replaceAll("{,}", ",")],
    ["0.5", "1/2"],
    ["\\frac{1}{2}", "\\dfrac12"],
    ["\\frac{1}{2}", "0.50"],
    ["\\frac{2}{4}", "\\tfrac{1}{2}"],
    ["-\\frac{3}{4}", "-0.75"],
    ["1\\frac{1}{2}", "3/2"],
    ["50\\%", "50"],
    ["90^\\circ", "90"],
    ["\\$18", "18"],
    ["£18", "18"],
    ["18", "18 dollars"],
    ["12", "12 \\text{ cm}"],
    ["7", "x = 7"],
    ["7", "\\boxed{\\text{7}}"],
    ["\\left( 3, \\frac{\\pi}{2} \\right)", "(3,\\frac{\\pi}{2})"],
    ["2\\sqrt{3}", "2\\sqrt3"],
    ["x \\le 3", "x\\leq 3"],
    ["023", "23"],
    ["\\text{Evelyn}", "evelyn"],
    ["x + 1", "1 + x"],
    ["(x+1)^2", "x^2+2x+1"],
    ["\\frac{1}{3}", "0.3333"],
    ["1\\pm\\sqrt{2}", "1-\\sqrt2, 1+\\sqrt2"],
    ["\\{1,2\\}", "\\{2,1,1\\}"],
    ["x \\in [-2,7]", "-2 \\le x \\le 7"],
    ["(-\\infty,1)\\cup(3,\\infty)", "x<1 \\text{ or } x>3"],
    ["2x+4y-3=0", "y=-\\frac12x+\\frac34"],
    ["x < 1", "-x > -1"],
    ["\\begin{pmatrix}1\\\\2\\end{pmatrix}", "\\begin{bmatrix} 1 \\\\ \\frac42 \\end{bmatrix}"],
    ["10\\%", "0.1"],
    ["\\text{(C)}", "C"],
    ["2\\cos 15^\\circ", "\\frac{\\sqrt6+\\sqrt2}{2}"],
    ["10\\text{ cm}^2", "10"],
    ["f(x)=1", "1"],
    ["1:2", "\\frac12"],
    ["\\sqrt{x^2}", "|x|"],
    ["|x|^2", "x^2"],
    ["a\\sqrt{b}", "\\sqrt{a^2b}"],
    ["|a|\\sqrt{b}", "\\sqrt{a^2b}"],
    ["|x-1|", "|1-x|"],
    ["|ab|", "|a|\\cdot|b|"],
    ["\\sqrt{x}\\sqrt{x}", "x"],
    ["\\sqrt{xy}", "\\sqrt{x}\\sqrt{y}"],
    ["\\sqrt{8x^3}", "2x\\sqrt{2x}"],
    ["\\frac{\\sqrt{x^3}}{\\sqrt{x}}", "x"],
    ["2\\ln x", "\\ln(x^2)"],
    ["\\sqrt{-x}", "\\frac{-x}{\\sqrt{-x}}"],
    ["\\binom{n}{2}", "\\frac{n(n-1)}{2}"],
    ["|x| = 2", "2|x| = 4"],
    ["5000000", "5 million"],
    ["5000000", "5\\text{ million dollars}"],
    ["2500", "2.5 thousand"],
    ["3", "3 times"],
    ["3", "3 times a week"],
    ["3", "3 times as many"],
    ["5", "5 square feet"],
    ["5", "5 apples left over"],
    ["5", "5 dozen"],
    ["7", "7 months"],
    ["2\\sin 1", "2\\sin 1\\text{ cm}"],
    ["2e-1", "2\\cdot e-1"],
    ["3+2e-1", "2+2e"],
    ["2e^2-1", "-1+2e^2"],
    ["2e-1", "2e - 1"],
    ["2.5e-1", "0.25"],
    ["2E-1", "0.2"],
    ["1e-5", "0.00001"],
    ["3e-07", "3\\cdot 10^{-7}"],
    ["2e3", "2000"],
    ["81, 256", "81,256"],
    ["81256", "81,256"],
    ["100, 200, 300", "100,200,300"],
    ["\\{100,200\\}", "100,200"],
    ["(100,200)", "100,200"],
    ["x = 100, x = 200", "100,200"],
  ])("%s and %s", (gold, given) => expect(isSameAnswer(gold, given)).toBe(true));
});

describe("different answers", () => {
  test.each([
    ["7", "8"],
    ["7", "-7"],
    ["\\frac{1}{2}", "\\frac{1}{3}"],
    ["0.333", "1/3"],
    ["(1, 2)", "(2, 1)"],
    ["1/0", "1/0.0"],
    ["", ""],
    ["$", "\\boxed{}"],
    ["x + 1", "x + 2"],
    ["12", "1, 2"],
    ["10^{-12}", "2\\cdot 10^{-12}"],
    ["2^{200}", "2^{200}+1"],
    ["\\frac{1}{2004!}", "\\frac{1}{2006!}"],
    ["[0,1)", "[0,1]"],
    ["1, 2, 3", "1, 2"],
    ["\\pm 5", "5"],
    ["x^2-1=0", "x-1=0"],
    ["x < 1", "x > -1"],
    ["2x+z=1", "1"],
    ["1/3", "0.3334"],
    ["5", "5 million"],
    ["5", "5\\text{ million}"],
    ["5", "5 factorial"],
    ["5", "5 plus x"],
    ["5", "5\\text{ plus x}"],
    ["3", "3 times x"],
    ["3", "3 halves"],
    ["5", "5 squared"],
    ["7", "7 tenths"],
    ["2", "2 sin x"],
    ["2e-1", "0.2"],
    ["3e+2", "300"],
    ["|x|", "x"],
    ["\\frac{|x|}{x}", "1"],
    ["x|x|", "x^2"],
    ["|ab|", "ab"],
    ["|abc|", "ab|c|"],
    ["\\max(x,0)", "x"],
    ["|x|\\sqrt{y}", "x\\sqrt{y}"],
    ["|x| > 2", "x > 2"],
    ["|x|+y = 2", "x+y = 2"],
    ["100, 200", "100200"],
    ["81, 256", "81,257"],
    ["(100,200)", "200,100"],
    ["100,200", "300,400"],
    ["2xy", "2"],
    ["k", "m"],
    ["\\text{odd}", "add"],
  ])("%s and %s", (gold, given) => expect(isSameAnswer(gold, given)).toBe(false));
});

test("no text makes the comparison throw or take long, and it is symmetric", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), fc.string({ maxLength: 60 }), (left, right) => {
      expect(isSameAnswer(left, right)).toBe(isSameAnswer(right, left));
    }),
    { numRuns: 50 },
  );
  const began = performance.now();
  for (const piece of ["9", "\\frac{", "{", "\\text{", "1,", " ", "x_{", "/", "a ", "\\%"])
    clean(piece.repeat(50_000));
  expect(performance.now() - began).toBeLessThan(5_000);
}, 60_000);

test("an answer equals itself in another spelling, and its comparison is symmetric", () => {
  const respelled = (answer: string) =>
    `$ ${answer.replaceAll("\\frac", "\\dfrac").replaceAll("(", "\\left(").replaceAll(")", "\\right)")} $.`;
  fc.assert(
    fc.property(answers, answers, (one, other) => {
      expect(isSameAnswer(one, respelled(one))).toBe(true);
      expect(equality.compare(one, other)).toBe(equality.compare(other, one));
    }),
    { numRuns: 60 },
  );
}, 60_000);

test("an answer differs from one more", () => {
  fc.assert(
    fc.property(values, (value) => {
      expect(equality.compare(value, `${value}+1`)).toBe("different");
    }),
    { numRuns: 60 },
  );
}, 60_000);

test("a number is the same in every notation", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 1000 }), (above, below) => {
      const minus = above < 0 ? "-" : "";
      expect(isSameAnswer(`${above}/${below}`, `${minus}\\dfrac{${Math.abs(above)}}{${below}}`)).toBe(true);
      expect(isSameAnswer(String(above), (above / 1).toFixed(3))).toBe(true);
    }),
  );
});
