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

#[test]
fn the_statements_of_every_database_are_counted() {
    let cluster = Cluster::start(Durability::None).unwrap();
    assert!(cluster.count_statements().unwrap());
    cluster.create_database("kayle").unwrap();
    cluster.query("kayle", "SELECT 7").unwrap();
    let calls = "SELECT calls FROM pg_stat_statements WHERE query = 'SELECT $1'";
    assert_eq!(cluster.query("postgres", calls).unwrap(), "1");
}
