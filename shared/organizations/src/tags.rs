use aws_sdk_organizations::Client;
use rule::Tags;

const NO_ORGANIZATION: &str = "AWSOrganizationsNotInUseException";

/// The tags of an account; those of one that is in no organization are none.
///
/// # Errors
/// Why they could not be read.
pub(crate) async fn of_account(client: &Client, account: &str) -> Result<Tags, String> {
    read(client, account, &[NO_ORGANIZATION]).await
}

/// The same for a rule that member accounts run too. Only the management account and delegated administrators may ask. Another account has
/// no tags that could exempt it.
///
/// # Errors
/// Why they could not be read.
pub(crate) async fn of_account_if_allowed(client: &Client, account: &str) -> Result<Tags, String> {
    read(client, account, &[NO_ORGANIZATION, "AccessDeniedException"]).await
}

/// The tags; none with one of these errors.
async fn read(client: &Client, account: &str, without: &[&str]) -> Result<Tags, String> {
    const LIST: &str = "organizations:ListTagsForResource";
    let mut tags = Tags::new();
    let ask = async |token| {
        let page = client.list_tags_for_resource().resource_id(account).set_next_token(token).send().await;
        let page = match page {
            Ok(page) => page,
            Err(error) if aws::code(&error).is_some_and(|code| without.contains(&code)) => {
                return Ok((Vec::new(), None));
            }
            Err(error) => return Err(aws::reason(LIST, &error)),
        };
        let tags = page.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned()));
        Ok((tags.collect(), page.next_token().map(str::to_owned)))
    };
    aws::each_page(LIST, ask, |page| tags.extend(page)).await?;
    Ok(tags)
}
