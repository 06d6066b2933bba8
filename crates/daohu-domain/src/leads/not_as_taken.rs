//! AR-15 相册导入、翻拍、改写: a photo that did not come from the camera as it was taken.
//!
//! Looks at: how the file came in, and what the camera or a program wrote into it.
//! Thresholds: a program that changes pictures is named in the file: 关注. From the album or from elsewhere without a word of any camera: 提示.
//! Looks like it and is none: a phone without leave to use its camera imports with everything the camera wrote; scanned papers; screenshots,
//! which say what they are; old photos.
//! Not looked at here: text of watermarks and the grain of filmed screens, which need a person's eyes; and how many photos somebody imports,
//! since nothing is counted for a person.

use super::{Lead, Photo, Weight};

/// Names the rule.
pub const RULE: &str = "AR-15";
/// Parts of the names of programs that change pictures, in small letters.
const EDITORS: [&str; 8] = ["photoshop", "lightroom", "snapseed", "picsart", "gimp", "meitu", "美图", "水印"];

/// Judges one photo.
#[must_use]
pub fn lead(photo: &Photo) -> Option<Lead> {
    if photo.is_archive() || photo.is_paper {
        return None;
    }
    let software = photo.software.as_deref().unwrap_or_default().to_lowercase();
    if EDITORS.iter().any(|editor| software.contains(editor)) {
        let words = ("照片用修图或水印软件存过。", "the file was saved by a program that changes pictures");
        return Some(Lead::new(RULE, Weight::Notice, &[photo.id, photo.target], words));
    }
    let says_nothing = photo.camera.is_none() && photo.taken_at.is_none();
    (photo.source != "camera" && says_nothing).then(|| {
        let words = ("照片是导入的，没有拍摄信息。", "imported, and no camera is named in it");
        Lead::new(RULE, Weight::Hint, &[photo.id, photo.target], words)
    })
}
