"""What the lab promises of its kernel beyond Jupyter's protocol: readable failures, live output, interrupts, no traces."""

import os
import pathlib
import signal
import tempfile
import threading
import time
import unittest

import lab_client

SESSIONS = pathlib.Path(os.environ["UNET_LAB_CACHE"], "sessions")


def sessions():
    return set(SESSIONS.iterdir()) if SESSIONS.exists() else set()


class Lab(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.open = lab_client.kernel()
        cls.kernel = cls.open.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.open.__exit__(None, None, None)

    def run_ok(self, code, **options):
        answer = self.kernel.run(code, **options)
        self.assertEqual(answer.status, "ok", answer.reply)
        return answer

    def test_the_prelude_is_loaded_and_the_notebooks_dependency_line_does_nothing(self):
        self.assertEqual(self.run_ok("UNetConfig::new(3, 1).channels_at(5)").value, "1024")
        began = time.monotonic()
        self.run_ok(':dep unet_lab = { path = ".." }\nuse unet_lab::prelude::*;')
        self.assertLess(time.monotonic() - began, 20)

    def test_a_panic_points_into_the_cell_and_keeps_earlier_variables(self):
        self.run_ok("let kept = vec![1, 2, 3];")
        answer = self.kernel.run("let index = 7;\nlet element = kept[index];\nelement")
        self.assertEqual((answer.status, answer.reply["ename"]), ("error", "panic"))
        self.assertIn("index out of bounds", answer.error["evalue"])
        self.assertIn("2 |", answer.traceback)
        self.assertIn("kept[index]", answer.traceback)
        self.assertEqual(self.run_ok("kept.len()").value, "3")

    def test_a_question_mark_fails_the_cell_with_the_errors_own_words(self):
        answer = self.kernel.run('let data = PairFolder::open("/no/such/folder")?;\ndata')
        self.assertEqual((answer.status, answer.reply["ename"]), ("error", "error"))
        self.assertIn("/no/such/folder", answer.error["evalue"])
        self.assertIn("1 |", answer.traceback)

    def test_a_cell_that_does_not_compile_names_the_line(self):
        answer = self.kernel.run('let a = 1;\nlet b: i32 = "text";')
        self.assertEqual((answer.status, answer.reply["ename"]), ("error", "compile error"))
        self.assertIn("mismatched types", answer.error["evalue"])
        self.assertIn("2 |", answer.traceback)

    def test_a_crash_names_the_variables_that_are_lost_and_the_kernel_goes_on(self):
        self.run_ok("let doomed = 5;")
        answer = self.kernel.run("std::process::abort();")
        self.assertEqual((answer.status, answer.reply["ename"]), ("error", "crash"))
        self.assertIn("doomed", answer.traceback)
        self.assertEqual(self.run_ok("UNetConfig::new(1, 1).depth").value, "4")

    def test_a_live_display_is_updated_in_place(self):
        answer = self.run_ok(
            """
fn step(i: usize) -> Figure { Figure::html(format!("<b>{i}</b>"), format!("step {i}")) }
let live = LiveDisplay::new(&step(0));
for i in 1..3 { live.update(&step(i)); }
"""
        )
        first, *updates = answer.of("display_data", "update_display_data")
        identity = first["transient"]["display_id"]
        self.assertEqual([update["transient"]["display_id"] for update in updates], [identity] * 2)
        self.assertEqual(updates[-1]["data"]["text/plain"], "step 2")

    def test_output_arrives_while_the_cell_runs(self):
        arrived = []
        code = 'for i in 0..3 { println!("{i}"); std::thread::sleep(std::time::Duration::from_millis(700)); }'
        self.kernel.run(code, on_message=lambda message: arrived.append((message["msg_type"], time.monotonic())))
        streams = [moment for kind, moment in arrived if kind == "stream"]
        self.assertEqual(len(streams), 3)
        self.assertGreater(streams[-1] - streams[0], 1.0)

    def test_input_is_asked_for(self):
        code = ':dep evcxr_input = "1"\nlet name = evcxr_input::get_string("Your name? ");\nname'
        answer = self.run_ok(code, answer_input="Ada", timeout=300)
        self.assertIn("Ada", answer.value)

    def test_silent_cells_say_nothing_and_count_nothing(self):
        before = self.run_ok("1").reply["execution_count"]
        answer = self.run_ok("2", silent=True)
        self.assertEqual(answer.of("execute_result", "stream", "execute_input"), [])
        self.assertEqual(self.run_ok("3").reply["execution_count"], before + 1)

    def test_an_interrupted_training_stops_and_keeps_its_results(self):
        self.run_ok("let device = cpu();\nlet pairs = EmPhantom::new(32).with_count(8).generate();")
        code = """
let fitted = Trainer::new(TrainConfig::new().with_epochs(100_000))
    .fit(UNetConfig::new(1, 1).with_base_channels(2).with_depth(2).init(&device), &pairs)?;
"""
        asked = []

        def interrupt_once_it_trains(message):
            if message["msg_type"] == "update_display_data" and len(asked) < 20:
                asked.append(time.monotonic())
                if len(asked) == 20:
                    self.kernel.manager.interrupt_kernel()

        answer = self.kernel.run(code, timeout=120, on_message=interrupt_once_it_trains)
        self.assertLess(time.monotonic() - asked[-1], 20)
        self.assertEqual((answer.status, answer.reply["ename"]), ("error", "interrupted"))
        self.assertGreater(int(self.run_ok("fitted.history.records.len()").value), 0)

    def test_a_cell_that_does_not_listen_is_stopped_by_force(self):
        threading.Timer(3, self.kernel.manager.interrupt_kernel).start()
        answer = self.kernel.run("loop { std::hint::spin_loop() }", timeout=60)
        self.assertEqual((answer.status, answer.reply["ename"]), ("error", "interrupted"))
        self.assertEqual(self.run_ok("40 + 2").value, "42")

    def test_a_crate_of_the_students_own_is_compiled_anew_when_it_changes(self):
        with tempfile.TemporaryDirectory() as folder, lab_client.kernel() as kernel:
            crate = pathlib.Path(folder, "mine")
            (crate / "src").mkdir(parents=True)
            (crate / "Cargo.toml").write_text('[package]\nname = "mine"\nversion = "0.1.0"\nedition = "2024"\n')
            for value in (1, 2):
                (crate / "src" / "lib.rs").write_text(f"pub fn value() -> usize {{ {value} }}\n")
                answer = kernel.run(f':dep mine = {{ path = "{crate}" }}\nmine::value() + UNetConfig::new(1, 1).channels_at(5)')
                self.assertEqual((answer.status, answer.value), ("ok", str(1024 + value)), answer.reply)

    def test_what_was_sent_with_a_failing_cell_is_not_run(self):
        client = self.kernel.client
        first = client.execute('panic!("stop here")')
        second = client.execute('println!("must not run");')
        statuses = {}
        while len(statuses) < 2:
            reply = client.get_shell_msg(timeout=60)
            statuses[reply["parent_header"]["msg_id"]] = reply["content"]["status"]
        self.assertEqual([statuses[first], statuses[second]], ["error", "aborted"])


class Traces(unittest.TestCase):
    def wait_until(self, condition, seconds=10):
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertTrue(condition())

    def test_kernels_side_by_side_have_directories_of_their_own_and_leave_nothing(self):
        before = sessions()
        with lab_client.kernel() as one, lab_client.kernel() as two:
            one.run("let a = 1;")
            two.run("let a = 2;")
            self.assertEqual((one.run("a").value, two.run("a").value), ("1", "2"))
            self.assertEqual(len([path for path in sessions() - before if path.is_dir()]), 2)
        self.wait_until(lambda: sessions() <= before)

    def test_a_killed_kernel_leaves_nothing(self):
        before = sessions()
        with lab_client.kernel() as doomed:
            doomed.run("1")
            self.assertNotEqual(sessions() - before, set())
            os.kill(doomed.manager.provisioner.pid, signal.SIGKILL)
            self.wait_until(lambda: sessions() <= before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
