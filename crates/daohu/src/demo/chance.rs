//! Invented people: names, numbers and families from one seed. Nobody here exists.

/// Family names.
const FAMILY: &[&str] = &[
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "何", "郭", "马", "罗", "梁", "宋",
    "郑", "谢", "韩", "唐", "冯", "于", "董", "萧", "程", "曹", "袁", "邓", "许", "傅", "沈", "曾", "彭", "吕", "苏", "卢", "蒋", "蔡",
    "贾", "丁", "魏", "薛", "叶", "阎",
];
/// Characters of given names.
const GIVEN: &[&str] = &[
    "建", "国", "志", "强", "秀", "英", "桂", "兰", "玉", "梅", "海", "军", "永", "平", "占", "林", "凤", "世", "明", "文", "斌", "彩",
    "霞", "维", "忠", "红", "小", "改", "莲", "生", "荣", "治", "翠", "花", "俊", "杰", "爱", "振", "华", "铁", "柱",
];
/// Weights of the check digit of an identity number (GB 11643).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// Chance that repeats: the same seed gives the same township (`SplitMix64`).
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// Begins at a seed.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the next sixty-four bits.
    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number from `least` to `most`, both included.
    pub(crate) const fn number(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }

    /// Says yes `share` times in a hundred.
    pub(crate) const fn in_hundred(&mut self, share: u64) -> bool {
        self.number(1, 100) <= share
    }

    /// Picks one of a list that is not empty.
    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let most = u64::try_from(list.len()).unwrap_or(1).saturating_sub(1);
        let at = usize::try_from(self.number(0, most)).unwrap_or(0);
        &list[at]
    }

    /// Invents a name.
    pub(crate) fn name(&mut self) -> String {
        let mut name = (*self.pick(FAMILY)).to_owned();
        name.push_str(self.pick::<&str>(GIVEN));
        if self.in_hundred(70) {
            name.push_str(self.pick::<&str>(GIVEN));
        }
        name
    }

    /// Invents an identity number: a county that gives out none, a day of birth, a valid check digit.
    pub(crate) fn identity(&mut self, oldest: u64, youngest: u64) -> Identity {
        let (year, month, day) = (self.number(oldest, youngest), self.number(1, 12), self.number(1, 28));
        let first = format!("610800{year:04}{month:02}{day:02}{:03}", self.number(1, 998));
        let sum: u32 = first.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
        let check = "10X98765432".chars().nth(usize::try_from(sum % 11).unwrap_or(0)).unwrap_or('X');
        let is_woman = first.bytes().next_back().is_some_and(|digit| digit % 2 == 0);
        Identity { number: format!("{first}{check}"), born: format!("{year:04}-{month:02}-{day:02}"), is_woman }
    }

    /// Invents a mobile number of a block that nobody uses here; `n` keeps numbers apart.
    pub(crate) const fn mobile(&mut self, n: u64) -> u64 {
        19_900_000_000 + (n * 7919 + self.number(0, 6)) % 99_999_999
    }
}

/// An invented identity.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// Eighteen characters.
    pub(crate) number: String,
    /// Day of birth.
    pub(crate) born: String,
    /// Whether the seventeenth digit is even.
    pub(crate) is_woman: bool,
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn the_same_seed_invents_the_same_people() {
        let people = |seed| {
            let mut chance = Chance::new(seed);
            (0..20).map(|_| (chance.name(), chance.identity(1940, 2015).number)).collect::<Vec<_>>()
        };
        assert_eq!(people(7), people(7));
        assert_ne!(people(7), people(8));
    }

    #[test]
    fn an_invented_identity_number_has_a_valid_check_digit() {
        let mut chance = Chance::new(1);
        for _ in 0..500 {
            let number = chance.identity(1940, 2015).number;
            let sum: u32 = number.chars().take(17).zip(super::WEIGHTS).map(|(digit, weight)| digit.to_digit(10).unwrap() * weight).sum();
            let last = number.chars().last().map(|digit| if digit == 'X' { 10 } else { digit.to_digit(10).unwrap() }).unwrap();
            assert_eq!((sum + last) % 11, 1, "{number}");
        }
    }
}
