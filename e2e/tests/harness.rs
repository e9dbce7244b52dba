//! The harness itself: servers start, survive `kill -9` with their data, and leave nothing behind.

use bytes::Bytes;
use e2e::{rabbitmq::RabbitMq, seaweedfs::SeaweedFs};
use object_store::{ObjectStoreExt, path::Path};
use tokio::net::TcpStream;

async fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).await.is_ok()
}

#[tokio::test]
async fn rabbitmq_comes_back_after_a_kill_and_is_gone_after_the_drop() {
    let mut rabbitmq = RabbitMq::start().await.unwrap();
    let port = rabbitmq.amqp_port();
    rabbitmq.kill();
    assert!(!listens(port).await, "still listening after kill -9");
    rabbitmq.restart().await.unwrap();
    rabbitmq.stop().await.unwrap();
    assert!(!listens(port).await, "still listening after a stop");
    rabbitmq.restart().await.unwrap();
    drop(rabbitmq);
    assert!(!listens(port).await, "still listening after the drop");
}

#[tokio::test]
async fn seaweedfs_keeps_its_objects_over_a_kill() {
    let mut store = SeaweedFs::start().await.unwrap();
    let other = SeaweedFs::start().await.unwrap();
    let key = Path::from("kept");
    store.client().unwrap().put(&key, Bytes::from_static(b"bytes").into()).await.unwrap();
    assert!(other.client().unwrap().get(&key).await.is_err(), "two stores share their data");
    store.kill();
    assert!(store.client().unwrap().get(&key).await.is_err(), "answers after kill -9");
    store.restart().await.unwrap();
    let kept = store.client().unwrap().get(&key).await.unwrap().bytes().await.unwrap();
    assert_eq!(kept, Bytes::from_static(b"bytes"));
}
