use rule::PageTokens;

/// Reads a list page by page to its end, giving every page to `take`.
///
/// # Errors
/// Why a page could not be read. The pages before it were taken.
pub async fn each_page<T>(
    operation: &'static str,
    ask: impl AsyncFn(Option<String>) -> Result<(Vec<T>, Option<String>), String>,
    mut take: impl FnMut(Vec<T>),
) -> Result<(), String> {
    let mut tokens = PageTokens::new(operation);
    let mut token = None;
    loop {
        let (items, next) = ask(token).await?;
        take(items);
        let Some(next) = tokens.check(next)? else { return Ok(()) };
        token = Some(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(pages: &[(&[u8], Option<&str>)]) -> (Result<(), String>, Vec<u8>) {
        let mut taken = Vec::new();
        let asked = std::cell::Cell::new(0);
        let result = each_page(
            "svc:ListThings",
            async |token| {
                let (items, next) = pages[asked.get()];
                let before = asked.get().checked_sub(1).and_then(|at| pages[at].1).map(str::to_owned);
                assert_eq!(token, before, "asks with the token of the page before");
                asked.set(asked.get() + 1);
                Ok((items.to_vec(), next.map(str::to_owned)))
            },
            |items| taken.extend(items),
        )
        .await;
        (result, taken)
    }

    #[tokio::test]
    async fn reads_to_the_end_even_over_an_empty_page() {
        let (result, taken) = read(&[(&[1, 2], Some("a")), (&[], Some("b")), (&[3], None)]).await;
        assert_eq!((result, taken), (Ok(()), vec![1, 2, 3]));
    }

    #[tokio::test]
    async fn an_empty_token_ends_the_list() {
        let (result, taken) = read(&[(&[1], Some(""))]).await;
        assert_eq!((result, taken), (Ok(()), vec![1]));
    }

    #[tokio::test]
    async fn a_token_that_comes_twice_is_an_error() {
        let (result, taken) = read(&[(&[1], Some("a")), (&[2], Some("b")), (&[3], Some("a"))]).await;
        assert!(result.unwrap_err().starts_with("svc:ListThings gave the same page token twice"));
        assert_eq!(taken, [1, 2, 3]);
    }
}
