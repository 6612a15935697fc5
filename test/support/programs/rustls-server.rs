// A server of rustls: server PORT CERT KEY NAME NAME_CERT NAME_KEY. It shows the second certificate to who asks for NAME, the first to
// everybody else.
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::{pem::PemObject, CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::Read;
use std::net::TcpListener;
use std::sync::Arc;

#[derive(Debug)]
struct Certificates {
    name: String,
    named: Arc<CertifiedKey>,
    other: Arc<CertifiedKey>,
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let is_named = hello.server_name().is_some_and(|name| name.eq_ignore_ascii_case(&self.name));
        Some(Arc::clone(if is_named { &self.named } else { &self.other }))
    }
}

fn certified(certificate: &str, key: &str) -> Arc<CertifiedKey> {
    let chain = vec![CertificateDer::from_pem_file(certificate).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_file(key).expect("a key");
    Arc::new(CertifiedKey::new(chain, any_supported_type(&key).expect("a kind of key that ring knows")))
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let certificates = Certificates {
        name: words[4].clone(),
        named: certified(&words[5], &words[6]),
        other: certified(&words[2], &words[3]),
    };
    let config = Arc::new(ServerConfig::builder().with_no_client_auth().with_cert_resolver(Arc::new(certificates)));
    let listener = TcpListener::bind(format!("127.0.0.1:{}", words[1])).expect("a free port");
    for socket in listener.incoming().flatten() {
        let config = Arc::clone(&config);
        std::thread::spawn(move || {
            let Ok(connection) = ServerConnection::new(config) else { return };
            let _ = std::io::copy(&mut StreamOwned::new(connection, socket).by_ref(), &mut std::io::sink());
        });
    }
}
