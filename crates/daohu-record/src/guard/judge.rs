//! The second half of the guard: may this writer do this to this record?

use super::{Accepted, Admitted, Deed, GuardContext, Inner, Refusal, Strictness, Touch, Touched};
use crate::{
    Document, Event, Fields, Header, Json,
    document::{BY, HEADER, KIND, PLACE, SUBJECT},
    event,
    values::{Stored, restore, undeclared},
};
use automerge::{ObjType, ScalarValue};
use daohu_domain::{
    id::Id,
    kind::{Field, Kind, Merge, Shape},
    permission::Act,
    validate,
};

/// What the change turns out to be, gathered key by key.
struct Reading<'a> {
    first: bool,
    kind: &'static Kind,
    header: &'a Header,
    admitted: &'a Admitted,
    current: Option<&'a Document>,
    context: &'a GuardContext<'a>,
    strictness: Strictness,
    fields: Fields,
    newer: bool,
    touched: Touched,
}

/// Holds an admitted change against the declaration of its kind and the rights of its writer.
pub(super) fn judge(
    current: Option<&Document>,
    admitted: Admitted,
    context: &GuardContext<'_>,
    strictness: Strictness,
) -> Result<Accepted, Refusal> {
    let header = admitted.document.header().map_err(|_| Refusal::of("invalid_record"))?;
    check_header(current.is_none(), &header, &admitted, context).map_err(Refusal::of)?;
    let read = match (context.kind_of)(&header.kind) {
        Some(kind) => read(current, kind, &header, &admitted, (context, strictness))?,
        None if strictness == Strictness::Reader => (true, names_only(&admitted)),
        None => return Err(Refusal::of("unknown_kind")),
    };
    let (newer, touched) = read;
    Ok(Accepted {
        header,
        hash: admitted.outline.hash,
        deps: admitted.outline.deps,
        actor: admitted.actor,
        at_ms: admitted.outline.time.saturating_mul(1000),
        is_new: current.is_none(),
        newer,
        touched,
        document: admitted.document,
    })
}

/// Checks the header of a first change: each part written once. Later changes that touch it are refused before.
fn check_header(first: bool, header: &Header, admitted: &Admitted, context: &GuardContext<'_>) -> Result<(), &'static str> {
    let written = |key: &str| admitted.touches.iter().find(|touch| touch.key == key).map_or(0, |touch| touch.deeds.len());
    if first && ([KIND, PLACE, BY].iter().any(|key| written(key) != 1) || written(SUBJECT) > 1) {
        return Err("invalid_record");
    }
    if header.place == context.place { Ok(()) } else { Err("forbidden_place") }
}

/// Lists what a change of an unknown kind wrote.
fn names_only(admitted: &Admitted) -> Touched {
    let mut touched = Touched::default();
    for touch in admitted.touches.iter().filter(|touch| !HEADER.contains(&touch.key.as_str())) {
        match event::short_key(&touch.key) {
            Some(short) => touched.events.push(short.to_owned()),
            None => touched.fields.push(touch.key.clone()),
        }
    }
    touched
}

fn read(
    current: Option<&Document>,
    kind: &'static Kind,
    header: &Header,
    admitted: &Admitted,
    (context, strictness): (&GuardContext<'_>, Strictness),
) -> Result<(bool, Touched), Refusal> {
    let first = current.is_none();
    let mut reading = Reading {
        first,
        kind,
        header,
        admitted,
        current,
        context,
        strictness,
        fields: Fields::new(),
        newer: false,
        touched: Touched::default(),
    };
    if first {
        reading.may(Act::Create)?;
        if !kind.subject.takes(header.subject.is_some()) {
            reading.invalid("invalid_record")?;
        }
    }
    for touch in &admitted.touches {
        if HEADER.contains(&touch.key.as_str()) {
            continue;
        }
        match event::short_key(&touch.key) {
            Some(short) => reading.event(touch, short)?,
            None => match kind.fields.iter().find(|field| field.key == touch.key) {
                Some(field) => reading.field(touch, field)?,
                None => reading.unknown(touch)?,
            },
        }
    }
    reading.by_the_rules()?;
    Ok((reading.newer, reading.touched))
}

impl Reading<'_> {
    /// Refuses what breaks a declaration; to a reader it is the work of a newer server.
    fn invalid(&mut self, code: &'static str) -> Result<(), Refusal> {
        if self.strictness == Strictness::Full {
            return Err(Refusal::of(code));
        }
        self.newer = true;
        Ok(())
    }

    fn may(&self, act: Act<'_>) -> Result<(), Refusal> {
        let allowed = self.strictness == Strictness::Reader || (self.context.may)(self.kind, act, self.header);
        if allowed { Ok(()) } else { Err(Refusal::of("forbidden_writer")) }
    }

    /// Asks for any right to write this record: what an older declaration can ask of a field it does not know.
    fn may_write_at_all(&self) -> Result<(), Refusal> {
        let known = self.kind.fields.iter().any(|field| self.may(Act::Edit(field.key)).is_ok());
        let author = self.is_author();
        if known || self.kind.events.iter().any(|event| self.may(Act::Append(event.name, author)).is_ok()) {
            return Ok(());
        }
        self.may(Act::Create)
    }

    fn is_author(&self) -> bool {
        let made_by = |document: &Document| document.inner().get_changes_meta(&[]).first().map(|meta| crate::device_of(&meta.actor));
        self.current.is_none_or(|document| made_by(document) == Some(self.admitted.actor))
    }

    fn unknown(&mut self, touch: &Touch) -> Result<(), Refusal> {
        self.newer = true;
        self.touched.fields.push(touch.key.clone());
        let text = touch.deeds.iter().find_map(|deed| match deed {
            Deed::Put { scalar: ScalarValue::Str(text), .. } => Some(Json::from(text.as_str())),
            _ => None,
        });
        let left = touch.left.as_ref().map(undeclared);
        self.fields.extend(text.or(left).map(|value| (touch.key.clone(), value)));
        if self.first { Ok(()) } else { self.may_write_at_all() }
    }

    fn field(&mut self, touch: &Touch, field: &Field) -> Result<(), Refusal> {
        if !self.first {
            if field.merge == Merge::Sealed {
                return Err(Refusal::of("sealed_touched"));
            }
            self.may(Act::Edit(field.key))?;
        }
        self.touched.fields.push(touch.key.clone());
        match value_of(touch, field, self.first) {
            Ok(Some(value)) => _ = self.fields.insert(touch.key.clone(), value),
            Ok(None) if field.required => self.invalid("invalid_record")?,
            Ok(None) => {}
            Err("sealed_touched") => return Err(Refusal::of("sealed_touched")),
            Err(code) => self.invalid(code)?,
        }
        Ok(())
    }

    fn event(&mut self, touch: &Touch, short: &str) -> Result<(), Refusal> {
        let edited = || Err(Refusal::of("event_edited"));
        if event::number_of(&touch.key, self.admitted.actor).is_none() {
            return edited();
        }
        let [Deed::Put { scalar, over: false }] = touch.deeds.as_slice() else { return edited() };
        if self.current.is_some_and(|document| holds(document, &touch.key)) {
            return edited();
        }
        self.touched.events.push(short.to_owned());
        let decoded = match scalar {
            ScalarValue::Bytes(bytes) => event::decode(bytes, self.admitted.outline.time),
            _ => None,
        };
        match decoded {
            Some(event) => self.declared_event(&event),
            None => self.invalid("invalid_record"),
        }
    }

    fn declared_event(&mut self, event: &Event) -> Result<(), Refusal> {
        let declared = self.kind.event(&event.name);
        if slips(declared.map_or(&[], |declared| declared.fields), &event.fields) {
            self.invalid("secret_in_text")?;
        }
        if declared.is_none() {
            self.newer = true;
            return self.may_write_at_all();
        }
        self.may(Act::Append(&event.name, self.is_author()))?;
        let violation = validate::check_event(self.kind, &event.name, &event.fields).into_iter().next();
        self.violated(violation)
    }

    /// Asks the declaration for what it says of the values.
    fn by_the_rules(&mut self) -> Result<(), Refusal> {
        self.newer |= validate::is_newer(self.kind, &self.fields);
        let violation = validate::check(self.kind, &self.fields, self.first).into_iter().next();
        self.violated(violation)?;
        if slips(self.kind.fields, &self.fields) { self.invalid("secret_in_text") } else { Ok(()) }
    }

    fn violated(&mut self, violation: Option<validate::Violation>) -> Result<(), Refusal> {
        match violation {
            Some(violation) if self.strictness == Strictness::Full => Err(Refusal::by_rule(violation)),
            Some(_) => {
                self.newer = true;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// Returns the value a change gives a field, or nothing where it deletes it, or the code that refuses the deed.
fn value_of(touch: &Touch, field: &Field, first: bool) -> Result<Option<Json>, &'static str> {
    let wrong = if field.is_secret() { "secret_in_text" } else { "invalid_record" };
    let stored = match (field.merge, touch.deeds.as_slice()) {
        (Merge::Grow, deeds) if deeds.contains(&Deed::Within(Inner::Removal)) || deeds.contains(&Deed::Delete) => {
            return Err("sealed_touched");
        }
        (Merge::Sealed | Merge::Last, [Deed::Put { scalar, .. }]) => Stored::Plain(scalar.clone()),
        (Merge::Last, [Deed::Delete, Deed::Put { scalar, .. }]) => Stored::Plain(scalar.clone()),
        (Merge::Last | Merge::Text, deeds) if !first && deeds.iter().all(|deed| *deed == Deed::Delete) => match &touch.left {
            // One value of a conflict may be left when the others are deleted.
            Some(left) => left.clone(),
            None => return Ok(None),
        },
        (Merge::Text, deeds) if deeds.iter().all(is_of_text) => touch.left.clone().ok_or(wrong)?,
        (Merge::Grow, deeds) if deeds.iter().all(is_of_set) => touch.left.clone().ok_or(wrong)?,
        _ => return Err(wrong),
    };
    restore(field, &stored).map(Some).ok_or(wrong)
}

fn is_of_text(deed: &Deed) -> bool {
    matches!(deed, Deed::Make(ObjType::Text) | Deed::Within(Inner::Letters | Inner::Removal))
}

fn is_of_set(deed: &Deed) -> bool {
    matches!(deed, Deed::Make(ObjType::Map) | Deed::Within(Inner::Element))
}

/// Says whether a secret slips in under a key that no declaration names, where no shape is asked for: what the
/// document once holds it can never forget.
fn slips(declared: &[Field], fields: &Fields) -> bool {
    fields.iter().any(|(key, value)| match declared.iter().find(|field| field.key == key).map(|field| field.shape) {
        None => holds_secret(value),
        Some(Shape::Rows(cells)) => value.as_array().into_iter().flatten().filter_map(Json::as_object).any(|row| slips(cells, row)),
        Some(_) => false,
    })
}

fn holds_secret(value: &Json) -> bool {
    match value {
        Json::String(text) => text.parse::<Id>().is_err() && validate::secret_in_text(text),
        Json::Array(items) => items.iter().any(holds_secret),
        Json::Object(fields) => fields.values().any(holds_secret),
        _ => false,
    }
}

/// Says whether a document has a value under a root key.
fn holds(document: &Document, key: &str) -> bool {
    use automerge::{ROOT, ReadDoc};
    document.inner().get(ROOT, key).is_ok_and(|value| value.is_some())
}
