//! What a room keeps for the life of the process, by its type: the house need not know what it is.

use parking_lot::Mutex;
use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::Arc,
};

#[derive(Default)]
pub struct Rooms(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Rooms {
    /// The one of this type; made by whoever asks first.
    pub fn get<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        let mut kept = self.0.lock();
        if let Some(Ok(known)) = kept.get(&TypeId::of::<T>()).cloned().map(Arc::downcast) {
            return known;
        }
        let made = Arc::new(make());
        kept.insert(TypeId::of::<T>(), made.clone());
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_is_made_once() {
        let rooms = Rooms::default();
        let (first, again) = (rooms.get(|| 1_u8), rooms.get(|| 2_u8));
        assert!(Arc::ptr_eq(&first, &again));
        assert_eq!((*again, *rooms.get(|| 3_u16)), (1, 3));
    }
}
