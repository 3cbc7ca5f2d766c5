use super::*;

#[test]
fn what_is_committed_survives_an_immediate_stop_and_nothing_survives_the_cluster() {
    let cluster = Cluster::start(Durability::Real).unwrap();
    let folder = cluster.folder.path().to_owned();
    let query = |sql| cluster.programs.query(&cluster.url("kayle"), sql);
    cluster.create_database("kayle").unwrap();
    query("CREATE TABLE kept (number int)").unwrap();
    query("INSERT INTO kept VALUES (7)").unwrap();

    cluster.stop_immediately().unwrap();
    assert!(query("SELECT number FROM kept").is_err());
    cluster.start_again().unwrap();
    assert_eq!(query("SELECT number FROM kept").unwrap(), "7");

    let programs = cluster.programs.clone();
    let url = cluster.url("kayle");
    drop(cluster);
    assert!(!folder.exists());
    assert!(programs.query(&url, "SELECT 1").is_err());
}
