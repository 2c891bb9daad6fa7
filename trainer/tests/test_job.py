import json
import tempfile
import unittest
from pathlib import Path

from agora_trainer.errors import TrainerError
from agora_trainer.job import Job, parse_job, read_job, settings_of
from agora_trainer.samples import Chat, Completion, read_samples

MINIMAL = {"base": "b", "samples": "s.jsonl", "output": "adapters/ant@v1"}


class JobFile(unittest.TestCase):
    def refused(self, values, problem, fix):
        with self.assertRaises(TrainerError) as caught:
            parse_job(values)
        self.assertEqual(caught.exception.code, "job-invalid")
        self.assertIn(problem, caught.exception.problem)
        self.assertIn(fix, caught.exception.fix)

    def test_the_defaults_are_those_of_the_paper(self):
        job = parse_job(MINIMAL)
        self.assertEqual((job.rank, job.alpha, job.dropout), (16, 32, 0.05))
        self.assertEqual(job.work_folder, Path("adapters/.ant@v1.work"))

    def test_every_key_has_a_rule_and_its_default_satisfies_it(self):
        defaults = {
            **settings_of(Job(**MINIMAL)),
            **MINIMAL,
            "previous": None,
            "work": None,
            "device": "auto",
        }
        self.assertEqual(parse_job(defaults), Job(**MINIMAL))

    def test_an_invalid_job_names_the_problem_and_the_fix(self):
        self.refused([], "not a JSON object", "base, samples and output")
        self.refused({"base": "b"}, "no samples", "add samples")
        self.refused({**MINIMAL, "rnk": 8}, "rnk is not a key", "write rank")
        self.refused({**MINIMAL, "rank": 0}, "rank is 0", "whole number from 1")
        self.refused({**MINIMAL, "rank": True}, "rank is true", "whole number from 1")
        self.refused({**MINIMAL, "dropout": 1}, "dropout is 1", "below 1")
        self.refused({**MINIMAL, "learning_rate": float("nan")}, "learning_rate", "above 0")
        self.refused({**MINIMAL, "targets": []}, "targets is []", "list of names")
        self.refused({**MINIMAL, "precision": "int8"}, "precision", "one of auto, float32")

    def test_an_unreadable_file_and_invalid_json_are_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "job.json")
            with self.assertRaisesRegex(TrainerError, "cannot be read"):
                read_job(str(path))
            path.write_text("{")
            with self.assertRaisesRegex(TrainerError, "is not JSON"):
                read_job(str(path))
            path.write_text(json.dumps(MINIMAL))
            self.assertEqual(read_job(str(path)).base, "b")


class SamplesFile(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name, "samples.jsonl")

    def refused(self, text, code, problem):
        self.path.write_text(text)
        with self.assertRaises(TrainerError) as caught:
            read_samples(self.path)
        self.assertEqual(caught.exception.code, code)
        self.assertIn(problem, caught.exception.problem)

    def test_reads_chats_and_completions(self):
        user, answer = {"role": "user", "content": "a\u2028?"}, {"role": "assistant", "content": "b"}
        lines = [{"messages": [user, answer]}, {"prompt": "a", "completion": "b", "author": "ant"}]
        self.path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n\n")
        self.assertEqual(read_samples(self.path).samples, [Chat((user,), "b"), Completion("a", "b")])

    def test_the_error_names_the_invalid_line(self):
        good = '{"prompt": "a", "completion": "b"}\n'
        for line, problem in [
            ("{", "line 2: "),
            ("[]", "line 2: a sample is a JSON object"),
            ('{"prompt": "a"}', "line 2: a sample has messages, or a prompt and a completion"),
            ('{"messages": []}', "line 2: messages needs"),
            (
                '{"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}',
                "has to end with",
            ),
            (
                '{"messages": [{"role": "tool", "content": "a"}, {"role": "assistant", "content": "b"}]}',
                "a role",
            ),
        ]:
            self.refused(good + line, "samples-unreadable", problem)

    def test_missing_empty_and_binary_files_are_refused(self):
        with self.assertRaisesRegex(TrainerError, "cannot be read"):
            read_samples(self.path)
        self.refused("\n", "samples-empty", "no samples")
        self.path.write_bytes(b"\xff\xfe")
        with self.assertRaisesRegex(TrainerError, "cannot be read"):
            read_samples(self.path)


if __name__ == "__main__":
    unittest.main()
