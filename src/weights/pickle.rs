//! Reads Python's pickles as far as PyTorch's state dicts need it. Nothing is executed: classes and functions are
//! names, and a call of one that is not known gives nothing.

use std::cell::RefCell;
use std::rc::Rc;

/// What stands in a pickle.
#[derive(Clone, Debug)]
pub(super) enum Object {
    /// `None`, or something that is not needed.
    Nothing,
    Number(i64),
    Text(String),
    Sequence(Rc<RefCell<Vec<Object>>>),
    Dictionary(Rc<RefCell<Vec<(Object, Object)>>>),
    /// A class or function by its full name.
    Name(String),
    /// A block of values elsewhere in the file.
    Storage(Storage),
    Tensor(TensorPlace),
}

/// A block of values.
#[derive(Clone, Debug)]
pub(super) struct Storage {
    pub key: String,
    /// As safetensors names it.
    pub kind: &'static str,
}

/// Which values of a block a tensor has.
#[derive(Clone, Debug)]
pub(super) struct TensorPlace {
    pub storage: Storage,
    pub offset: usize,
    pub shape: Vec<usize>,
    pub strides: Vec<usize>,
}

impl Object {
    fn sequence(items: Vec<Object>) -> Self {
        Self::Sequence(Rc::new(RefCell::new(items)))
    }

    fn dictionary(pairs: Vec<(Object, Object)>) -> Self {
        Self::Dictionary(Rc::new(RefCell::new(pairs)))
    }

    pub fn items(&self) -> Vec<Object> {
        match self {
            Self::Sequence(items) => items.borrow().clone(),
            _ => Vec::new(),
        }
    }

    pub fn pairs(&self) -> Vec<(Object, Object)> {
        match self {
            Self::Dictionary(pairs) => pairs.borrow().clone(),
            _ => Vec::new(),
        }
    }

    pub fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn sizes(&self) -> Option<Vec<usize>> {
        let number = |object: &Object| match object {
            Self::Number(number) => usize::try_from(*number).ok(),
            _ => None,
        };
        self.items().iter().map(number).collect()
    }
}

/// Reads one pickle from the front of `bytes`; what follows it remains.
pub(super) fn read(bytes: &mut &[u8]) -> Result<Object, String> {
    let mut machine = Machine {
        bytes,
        stack: Vec::new(),
        marks: Vec::new(),
        memory: Vec::new(),
    };
    while !machine.step()? {}
    machine.pop()
}

struct Machine<'a, 'b> {
    bytes: &'a mut &'b [u8],
    stack: Vec<Object>,
    marks: Vec<usize>,
    memory: Vec<(usize, Object)>,
}

impl Machine<'_, '_> {
    /// One instruction; true at the end.
    fn step(&mut self) -> Result<bool, String> {
        let [code] = self.take()?;
        match code {
            b'.' => return Ok(true),
            // Protocol and frame.
            0x80 => drop(self.take::<1>()?),
            0x95 => drop(self.take::<8>()?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.marked()?),
            b'2' => self.push(self.top()?.clone()),
            b'N' | 0x88 | 0x89 => {
                let object = match code {
                    b'N' => Object::Nothing,
                    _ => Object::Number(i64::from(code == 0x88)),
                };
                self.push(object);
            }
            b'J' => {
                let number = i32::from_le_bytes(self.take()?);
                self.push(Object::Number(number.into()));
            }
            b'K' | b'M' | 0x8a => self.short_number(code)?,
            b'G' => {
                self.take::<8>()?;
                self.push(Object::Nothing);
            }
            b'X' | b'T' | b'B' | b'U' | 0x8c | b'C' | 0x8d => self.text(code)?,
            b'}' => self.push(Object::dictionary(Vec::new())),
            b']' | b')' | 0x8f => self.push(Object::sequence(Vec::new())),
            b't' | b'l' | 0x91 => {
                let items = self.marked()?;
                self.push(Object::sequence(items));
            }
            0x85..=0x87 => {
                let start = self.stack.len().checked_sub(usize::from(code) - 0x84);
                let items = self.stack.split_off(start.ok_or("its pickle is damaged")?);
                self.push(Object::sequence(items));
            }
            b'a' | b'e' | 0x90 => {
                let items = match code {
                    b'a' => vec![self.pop()?],
                    _ => self.marked()?,
                };
                if let Object::Sequence(list) = self.top()? {
                    list.borrow_mut().extend(items);
                }
            }
            b's' | b'u' => self.set_items(code)?,
            b'q' | b'r' | 0x94 => self.remember(code)?,
            b'h' | b'j' => self.recall(code)?,
            b'c' => {
                let name = format!("{}.{}", self.line()?, self.line()?);
                self.push(Object::Name(name));
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let full = format!(
                    "{}.{}",
                    module.text().unwrap_or_default(),
                    name.text().unwrap_or_default()
                );
                self.push(Object::Name(full));
            }
            b'R' | 0x81 => {
                let (arguments, function) = (self.pop()?, self.pop()?);
                self.push(call(&function, &arguments.items()));
            }
            // State of an object that stays as it is.
            b'b' => drop(self.pop()?),
            b'Q' => {
                let place = self.pop()?.items();
                self.push(storage(&place)?);
            }
            other => {
                return Err(format!(
                    "its pickle uses the instruction {other:#04x}, which no state dict needs"
                ));
            }
        }
        Ok(false)
    }

    fn short_number(&mut self, code: u8) -> Result<(), String> {
        let number = match code {
            b'K' => i64::from(self.take::<1>()?[0]),
            b'M' => i64::from(u16::from_le_bytes(self.take()?)),
            _ => {
                let [length] = self.take()?;
                let digits = self.slice(usize::from(length))?;
                let negative = digits.last().is_some_and(|last| last & 0x80 != 0);
                let mut all = [if negative { 0xff } else { 0 }; 8];
                let kept = digits.len().min(8);
                all[..kept].copy_from_slice(&digits[..kept]);
                i64::from_le_bytes(all)
            }
        };
        self.push(Object::Number(number));
        Ok(())
    }

    fn text(&mut self, code: u8) -> Result<(), String> {
        let length = match code {
            b'X' | b'T' | b'B' => u64::from(u32::from_le_bytes(self.take()?)),
            0x8d => u64::from_le_bytes(self.take()?),
            _ => u64::from(self.take::<1>()?[0]),
        };
        let length = usize::try_from(length).map_err(|_| "its pickle is damaged")?;
        let text = String::from_utf8_lossy(self.slice(length)?).into_owned();
        self.push(Object::Text(text));
        Ok(())
    }

    fn set_items(&mut self, code: u8) -> Result<(), String> {
        let items = match code {
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                vec![key, value]
            }
            _ => self.marked()?,
        };
        if let Object::Dictionary(pairs) = self.top()? {
            let new = items.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone()));
            pairs.borrow_mut().extend(new);
        }
        Ok(())
    }

    fn remember(&mut self, code: u8) -> Result<(), String> {
        let place = match code {
            b'q' => usize::from(self.take::<1>()?[0]),
            b'r' => u32::from_le_bytes(self.take()?) as usize,
            _ => self.memory.len(),
        };
        let object = self.top()?.clone();
        self.memory.push((place, object));
        Ok(())
    }

    fn recall(&mut self, code: u8) -> Result<(), String> {
        let place = match code {
            b'h' => usize::from(self.take::<1>()?[0]),
            _ => u32::from_le_bytes(self.take()?) as usize,
        };
        // Usually they are numbered as they come.
        let found = match self.memory.get(place) {
            Some(entry) if entry.0 == place => Some(entry),
            _ => self.memory.iter().rev().find(|entry| entry.0 == place),
        };
        let object = found.map(|entry| entry.1.clone()).ok_or("its pickle is damaged")?;
        self.push(object);
        Ok(())
    }

    fn push(&mut self, object: Object) {
        self.stack.push(object);
    }

    fn pop(&mut self) -> Result<Object, String> {
        self.stack.pop().ok_or_else(|| "its pickle is damaged".to_owned())
    }

    fn top(&self) -> Result<&Object, String> {
        self.stack.last().ok_or_else(|| "its pickle is damaged".to_owned())
    }

    fn marked(&mut self) -> Result<Vec<Object>, String> {
        let mark = self.marks.pop().filter(|&mark| mark <= self.stack.len());
        Ok(self.stack.split_off(mark.ok_or("its pickle is damaged")?))
    }

    fn slice(&mut self, length: usize) -> Result<&[u8], String> {
        let all = *self.bytes;
        let (front, rest) = all.split_at_checked(length).ok_or("its pickle ends too early")?;
        *self.bytes = rest;
        Ok(front)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.slice(N)?
            .try_into()
            .map_err(|_| "its pickle is damaged".to_owned())
    }

    fn line(&mut self) -> Result<String, String> {
        let end = self.bytes.iter().position(|&byte| byte == b'\n');
        let line = self.slice(end.ok_or("its pickle ends too early")? + 1)?;
        Ok(String::from_utf8_lossy(&line[..line.len() - 1]).into_owned())
    }
}

fn call(function: &Object, arguments: &[Object]) -> Object {
    let Object::Name(name) = function else {
        return Object::Nothing;
    };
    match (name.as_str(), arguments) {
        ("collections.OrderedDict", _) => Object::dictionary(Vec::new()),
        ("torch._utils._rebuild_tensor_v2", [Object::Storage(storage), Object::Number(offset), shape, strides, ..]) => {
            match (usize::try_from(*offset), shape.sizes(), strides.sizes()) {
                (Ok(offset), Some(shape), Some(strides)) if shape.len() == strides.len() => {
                    Object::Tensor(TensorPlace {
                        storage: storage.clone(),
                        offset,
                        shape,
                        strides,
                    })
                }
                _ => Object::Nothing,
            }
        }
        ("torch._utils._rebuild_parameter", [tensor, ..]) => tensor.clone(),
        _ => Object::Nothing,
    }
}

/// `('storage', class, key, device, length, ..)`
fn storage(place: &[Object]) -> Result<Object, String> {
    let [_, Object::Name(class), key, ..] = place else {
        return Err("its pickle names values in a way that is not known".to_owned());
    };
    let kind = match class.rsplit('.').next() {
        Some("FloatStorage") => "F32",
        Some("DoubleStorage") => "F64",
        Some("HalfStorage") => "F16",
        Some("BFloat16Storage") => "BF16",
        Some("LongStorage") => "I64",
        Some("IntStorage") => "I32",
        Some("ByteStorage") => "U8",
        Some("BoolStorage") => "BOOL",
        _ => return Err(format!("it holds values of type {class}, which are not read")),
    };
    let key = key.text().ok_or("its pickle is damaged")?;
    Ok(Object::Storage(Storage { key, kind }))
}
