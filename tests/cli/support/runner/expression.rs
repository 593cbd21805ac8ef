//! The expressions between `${{` and `}}`: reading and evaluating them by GitHub's rules. What is not known here fails
//! the test instead of being taken for empty.

use serde_json::{Map, Value};

use super::coercion::{equal, less, text, truthy};
use super::function::call;

/// What an expression may refer to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    /// The contexts by name.
    pub(crate) contexts: Map<String, Value>,
    pub(crate) status: Status,
}

/// How it stands with the job, or with the composite action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Status {
    #[default]
    Success,
    Failure,
    Cancelled,
    /// A job that needs one that was skipped: neither a success nor a failure.
    Skipped,
}

impl Scope {
    /// These contexts, while all is well.
    pub(crate) fn new<'n>(contexts: impl IntoIterator<Item = (&'n str, Value)>) -> Self {
        let contexts = contexts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Scope { contexts, status: Status::Success }
    }

    pub(crate) fn set(&mut self, name: &str, value: Value) {
        self.contexts.insert(name.to_owned(), value);
    }

    /// A scalar of a YAML file, with its expressions replaced. One that is nothing but an expression keeps the type of it.
    pub(crate) fn expand(&self, value: &Value) -> Result<Value, String> {
        let Value::String(template) = value else { return Ok(value.clone()) };
        if let [Piece::Expression(expression)] = pieces(template)?.as_slice() {
            return self.evaluate(expression);
        }
        self.fill(template).map(Value::String)
    }

    /// The same as a text.
    pub(crate) fn text(&self, value: &Value) -> Result<String, String> {
        self.expand(value).map(|value| text(&value))
    }

    fn fill(&self, template: &str) -> Result<String, String> {
        let fill = |piece: &Piece<'_>| match piece {
            Piece::Text(text) => Ok((*text).to_owned()),
            Piece::Expression(expression) => self.evaluate(expression).map(|value| text(&value)),
        };
        pieces(template)?.iter().map(fill).collect()
    }

    /// What an `if:` comes to: without a function that asks for the status it holds only after a success.
    pub(crate) fn holds(&self, condition: Option<&Value>) -> Result<bool, String> {
        let expression = match condition {
            None => return Ok(self.status == Status::Success),
            Some(Value::String(template)) => match pieces(template)?.as_slice() {
                [Piece::Expression(expression)] => parse(expression)?,
                [Piece::Text(_)] => parse(template)?,
                _ => return Err(format!("`if: {template}` would always hold")),
            },
            Some(scalar) => Expression::Literal(scalar.clone()),
        };
        if !expression.asks_for_status() && self.status != Status::Success {
            return Ok(false);
        }
        expression.evaluate(self).map(|value| truthy(&value))
    }

    pub(crate) fn evaluate(&self, expression: &str) -> Result<Value, String> {
        let parsed = parse(expression).map_err(|why| format!("{why} in `{expression}`"))?;
        parsed.evaluate(self).map_err(|why| format!("{why} in `{expression}`"))
    }
}

/// A part of a text that may hold expressions.
pub(crate) enum Piece<'t> {
    Text(&'t str),
    Expression(&'t str),
}

/// Takes a text apart.
pub(crate) fn pieces(template: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(start) = rest.find("${{") {
        if start > 0 {
            pieces.push(Piece::Text(&rest[..start]));
        }
        let inside = &rest[start + 3..];
        // The end may not be looked for in a literal.
        let mut quoted = false;
        let end = inside.char_indices().find(|&(at, c)| {
            quoted ^= c == '\'';
            !quoted && inside[at..].starts_with("}}")
        });
        let (end, _) = end.ok_or_else(|| format!("an expression without an end in `{template}`"))?;
        pieces.push(Piece::Expression(inside[..end].trim()));
        rest = &inside[end + 2..];
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Literal(Value),
    Name(String),
    Sign(&'static str),
}

const SIGNS: [&str; 17] = ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")", "[", "]", ".", ",", "*", "-"];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length;
        if first == '\'' {
            let (literal, used) = literal(rest)?;
            tokens.push(Token::Literal(Value::String(literal)));
            length = used;
        } else if first.is_ascii_digit() {
            length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
            let number = rest[..length].parse::<f64>().map_err(|err| err.to_string())?;
            tokens.push(Token::Literal(number.into()));
        } else if first.is_ascii_alphabetic() || first == '_' {
            length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
            tokens.push(match &rest[..length] {
                "true" => Token::Literal(true.into()),
                "false" => Token::Literal(false.into()),
                "null" => Token::Literal(Value::Null),
                name => Token::Name(name.to_owned()),
            });
        } else {
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
            let sign = sign.ok_or_else(|| format!("`{first}` is not understood"))?;
            tokens.push(Token::Sign(sign));
            length = sign.len();
        }
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// A literal at the beginning of the text, in which `''` stands for a quote, and its length.
fn literal(text: &str) -> Result<(String, usize), String> {
    let mut literal = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' if chars.next_if(|(_, next)| *next == '\'').is_some() => literal.push('\''),
            '\'' => return Ok((literal, at + 1)),
            other => literal.push(other),
        }
    }
    Err(format!("a literal without an end: {text}"))
}

#[derive(Clone, Debug)]
enum Expression {
    Literal(Value),
    Context(String),
    Index(Box<Expression>, Box<Expression>),
    Call(String, Vec<Expression>),
    Not(Box<Expression>),
    Binary(&'static str, Box<Expression>, Box<Expression>),
}

fn parse(text: &str) -> Result<Expression, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0 };
    let expression = parser.binary(0)?;
    match parser.tokens.get(parser.at) {
        None => Ok(expression),
        Some(token) => Err(format!("{token:?} is out of place")),
    }
}

/// The operators, those that bind least first.
const LEVELS: [&[&str]; 4] = [&["||"], &["&&"], &["==", "!="], &["<", "<=", ">", ">="]];

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn take(&mut self, signs: &[&'static str]) -> Option<&'static str> {
        let Some(Token::Sign(sign)) = self.tokens.get(self.at) else { return None };
        signs.contains(sign).then(|| {
            self.at += 1;
            *sign
        })
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), String> {
        self.take(&[sign]).map(drop).ok_or_else(|| format!("`{sign}` is missing"))
    }

    fn binary(&mut self, level: usize) -> Result<Expression, String> {
        let Some(signs) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        while let Some(sign) = self.take(signs) {
            left = Expression::Binary(sign, left.into(), self.binary(level + 1)?.into());
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, String> {
        if self.take(&["!"]).is_some() {
            return Ok(Expression::Not(self.unary()?.into()));
        }
        let mut value = self.primary()?;
        loop {
            let index = match self.take(&[".", "["]) {
                None => return Ok(value),
                Some(".") => Expression::Literal(Value::String(self.name()?)),
                Some(_) => {
                    let index = self.binary(0)?;
                    self.expect("]")?;
                    index
                }
            };
            value = Expression::Index(value.into(), index.into());
        }
    }

    fn primary(&mut self) -> Result<Expression, String> {
        if self.take(&["("]).is_some() {
            let inside = self.binary(0)?;
            self.expect(")")?;
            return Ok(inside);
        }
        if let Some(Token::Literal(value)) = self.tokens.get(self.at) {
            self.at += 1;
            return Ok(Expression::Literal(value.clone()));
        }
        let name = self.name()?;
        if self.take(&["("]).is_none() {
            return Ok(Expression::Context(name));
        }
        let mut arguments = Vec::new();
        while self.take(&[")"]).is_none() {
            if !arguments.is_empty() {
                self.expect(",")?;
            }
            arguments.push(self.binary(0)?);
        }
        Ok(Expression::Call(name, arguments))
    }

    fn name(&mut self) -> Result<String, String> {
        match self.tokens.get(self.at) {
            Some(Token::Name(name)) => {
                self.at += 1;
                Ok(name.clone())
            }
            other => Err(format!("a name is missing at {other:?}")),
        }
    }
}

impl Expression {
    fn asks_for_status(&self) -> bool {
        match self {
            Expression::Literal(_) | Expression::Context(_) => false,
            Expression::Index(a, b) | Expression::Binary(_, a, b) => a.asks_for_status() || b.asks_for_status(),
            Expression::Not(inner) => inner.asks_for_status(),
            Expression::Call(name, arguments) => {
                ["success", "failure", "always", "cancelled"].contains(&name.to_lowercase().as_str())
                    || arguments.iter().any(Expression::asks_for_status)
            }
        }
    }

    fn evaluate(&self, scope: &Scope) -> Result<Value, String> {
        Ok(match self {
            Expression::Literal(value) => value.clone(),
            Expression::Context(name) => {
                let known = scope.contexts.get(name);
                known.cloned().ok_or_else(|| format!("the context `{name}` does not exist here"))?
            }
            Expression::Index(value, index) => property(value, &index.evaluate(scope)?, scope)?,
            Expression::Call(name, arguments) => {
                let arguments: Result<Vec<_>, _> = arguments.iter().map(|it| it.evaluate(scope)).collect();
                call(&name.to_lowercase(), &arguments?, scope.status)?
            }
            Expression::Not(inner) => (!truthy(&inner.evaluate(scope)?)).into(),
            Expression::Binary(sign, left, right) => {
                let left = left.evaluate(scope)?;
                match *sign {
                    "&&" if !truthy(&left) => left,
                    "||" if truthy(&left) => left,
                    "&&" | "||" => right.evaluate(scope)?,
                    sign => compare(sign, &left, &right.evaluate(scope)?).into(),
                }
            }
        })
    }
}

fn compare(sign: &str, left: &Value, right: &Value) -> bool {
    match sign {
        "==" => equal(left, right),
        "!=" => !equal(left, right),
        "<" => less(left, right),
        ">" => less(right, left),
        "<=" => less(left, right) || equal(left, right),
        _ => less(right, left) || equal(left, right),
    }
}

/// A missing property is empty, but for those contexts whose properties are all declared in a file: there it is a slip.
fn property(of: &Expression, index: &Value, scope: &Scope) -> Result<Value, String> {
    let value = of.evaluate(scope)?;
    let found = match (&value, index) {
        (Value::Object(map), index) => {
            let name = text(index);
            map.iter().find(|(key, _)| key.eq_ignore_ascii_case(&name)).map(|(_, value)| value.clone())
        }
        (Value::Array(list), Value::Number(number)) => number.as_f64().and_then(|at| list.get(at as usize)).cloned(),
        _ => None,
    };
    match (found, of) {
        (Some(found), _) => Ok(found),
        (None, Expression::Context(name)) if ["inputs", "steps", "needs", "jobs"].contains(&name.as_str()) => {
            Err(format!("{} is not declared in `{name}`", text(index)))
        }
        (None, _) => Ok(Value::Null),
    }
}
