//! Public keys of others (RFC 7517), and whether one of them made a signature.
//!
//! A key decides the algorithm, never the token: what a key of another kind "signed" is not looked at.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::Value;

pub struct Jwk {
    pub kid: Option<String>,
    key: Key,
}
enum Key {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl Jwk {
    /// None for what is no signing key of a kind that we trust.
    pub fn read(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let bytes = |name: &str| B64.decode(text(name)?).ok();
        let key = match (text("kty")?, text("crv")) {
            ("RSA", _) => Key::Rsa { n: bytes("n")?, e: bytes("e")? },
            ("EC", Some("P-256")) => Key::P256([vec![4], bytes("x")?, bytes("y")?].concat()),
            ("OKP", Some("Ed25519")) => Key::Ed25519(bytes("x")?),
            _ => return None,
        };
        let read = Self { kid: text("kid").map(str::to_owned), key };
        let meant = text("use").is_none_or(|u| u == "sig") && text("alg").is_none_or(|alg| read.algorithm() == alg);
        meant.then_some(read)
    }
    /// The keys of a JSON Web Key Set; strange ones are left out.
    pub fn set(document: &Value) -> Vec<Self> {
        document["keys"].as_array().into_iter().flatten().filter_map(Self::read).collect()
    }
    /// What its signatures are called in the header of a token.
    pub const fn algorithm(&self) -> &'static str {
        match self.key {
            Key::Rsa { .. } => "RS256",
            Key::P256(_) => "ES256",
            Key::Ed25519(_) => "EdDSA",
        }
    }
    pub fn made(&self, signature: &[u8], signed: &[u8]) -> bool {
        match &self.key {
            Key::Rsa { n, e } => RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature),
            Key::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature),
            Key::Ed25519(x) => UnparsedPublicKey::new(&ED25519, x).verify(signed, signature),
        }
        .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The example of RFC 7515, appendix A.3.
    fn es256() -> Value {
        json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})
    }
    const SIGNED: &str =
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const SIGNATURE: &str = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    #[test]
    fn the_rfcs_own_example() {
        let key = Jwk::read(&es256()).unwrap();
        let signature = B64.decode(SIGNATURE).unwrap();
        assert!(key.algorithm() == "ES256" && key.made(&signature, SIGNED.as_bytes()));
        assert!(!key.made(&signature, &SIGNED.as_bytes()[1..]) && !key.made(&signature[1..], SIGNED.as_bytes()));
    }
    #[test]
    fn the_rfcs_rsa_example() {
        let n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
        let key = Jwk::read(&json!({"kty": "RSA", "n": n, "e": "AQAB", "use": "sig", "alg": "RS256", "kid": "1"})).unwrap();
        let signed = SIGNED.replacen("eyJhbGciOiJFUzI1NiJ9", "eyJhbGciOiJSUzI1NiJ9", 1);
        let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
        assert!(key.made(&B64.decode(signature).unwrap(), signed.as_bytes()));
    }
    #[test]
    fn what_is_no_signing_key_is_left_out() {
        let with = |name: &str, value: &str| {
            let mut jwk = es256();
            jwk[name] = json!(value);
            Jwk::read(&jwk).is_some()
        };
        assert!(with("use", "sig") && with("alg", "ES256") && with("kid", "x"));
        assert!(!with("use", "enc") && !with("alg", "ES512") && !with("crv", "P-521") && !with("kty", "oct") && !with("x", "not base64!"));
        assert_eq!(Jwk::set(&json!({"keys": [es256(), {"kty": "oct", "k": "c2VjcmV0"}, 7]})).len(), 1);
        assert!(Jwk::set(&json!({})).is_empty());
    }
}
