"""The Jupyter project's own kernel tests, against the kernel "Rust (U-Net Lab)" (jupyter_kernel_test, PyPI)."""

import unittest

import jupyter_kernel_test


class Messages(jupyter_kernel_test.KernelTests):
    kernel_name = "unet-lab"
    language_name = "rust"
    file_extension = ".rs"

    code_hello_world = 'println!("hello, world");'
    code_stderr = 'eprintln!("oops");'
    completion_samples = [
        {"text": "UNetConfig::new(1, 1).with_base", "matches": ["with_base_channels"]},
        {"text": "let words = String::ne", "matches": ["ne", "new"]},
    ]
    complete_code_samples = ["1", "let a = 1;", 'println!("hello");', "fn f() -> i32 {\n    1\n}", ":dep rand"]
    incomplete_code_samples = ["fn f() {", "let a = (1 +", 'let s = "open', "/* open", "if true {\n    1"]
    invalid_code_samples = ["fn f() }", "let a = (1];"]
    code_generate_error = 'panic!("on purpose")'
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": 'String::from("forty-two")', "result": '"forty-two"'},
        {"code": "let a = 20;\na + 1", "result": "21"},
    ]
    code_display_data = [
        {"code": 'display(&Figure::png(vec![1, 2, 3], "nothing"));\nprintln!("after it");', "mime": "image/png"},
    ]
    code_history_pattern = "6 *"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "UNetConfig::new"

    def execute_helper(self, *args, **options):
        """A machine that compiles for seconds is told so by a line that goes away: it is no output of the cell."""
        reply, outputs = super().execute_helper(*args, **options)
        return reply, without_status_line(outputs)


def without_status_line(outputs):
    """Drops the kernel's "Compiling ..." line, its updates and what takes it away; a `clear_output` of a cell's own stays."""
    kept, shown = [], False
    for message in outputs:
        display = message["content"].get("transient", {}).get("display_id", "")
        if display.startswith("status-"):
            shown = True
        elif shown and message["msg_type"] == "clear_output":
            shown = False
        else:
            kept.append(message)
    return kept


if __name__ == "__main__":
    unittest.main(verbosity=2)
