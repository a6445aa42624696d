/// The shapes of the generators that ask a hosting service: scmProvider and pullRequest.
extension Shape {
  private static let secretKey = Shape.object(["secretName": .string, "key": .string])
  private static let configMapKey = Shape.object(["configMapName": .string, "key": .string])
  private static let basicAuth = Shape.object(["username": .string, "passwordRef": .secretKey])
  private static let bearerToken = Shape.object(["tokenRef": .secretKey])

  private static let common: [String: Shape] = [
    "values": .stringMapping, "requeueAfterSeconds": .integer, "template": .applicationTemplate,
  ]

  static let scmProvider = Shape.object(
    Fields(common).adding([
      "cloneProtocol": .string,
      "filters": .list(
        .object([
          "repositoryMatch": .string, "pathsExist": .strings, "pathsDoNotExist": .strings, "labelMatch": .string,
          "branchMatch": .string,
        ])),
      "github": .object([
        "organization": .string, "api": .string, "tokenRef": .secretKey, "appSecretName": .string,
        "allBranches": .boolean, "excludeArchivedRepos": .boolean,
      ]),
      "gitlab": .object([
        "group": .string, "includeSubgroups": .boolean, "includeSharedProjects": .boolean,
        "includeArchivedRepos": .boolean, "api": .string, "tokenRef": .secretKey, "allBranches": .boolean,
        "insecure": .boolean, "topic": .string, "caRef": .configMapKey,
      ]),
      "gitea": .object([
        "owner": .string, "api": .string, "tokenRef": .secretKey, "allBranches": .boolean, "insecure": .boolean,
        "excludeArchivedRepos": .boolean,
      ]),
      "bitbucketServer": .object([
        "project": .string, "api": .string, "basicAuth": .basicAuth, "bearerToken": .bearerToken,
        "allBranches": .boolean, "insecure": .boolean, "caRef": .configMapKey,
      ]),
      "bitbucket": .object([
        "owner": .string, "user": .string, "appPasswordRef": .secretKey, "allBranches": .boolean,
      ]),
      "azureDevOps": .object([
        "organization": .string, "teamProject": .string, "api": .string, "accessTokenRef": .secretKey,
        "allBranches": .boolean,
      ]),
      "awsCodeCommit": .object([
        "tagFilters": .list(.object(["key": .string, "value": .string])), "role": .string, "region": .string,
        "allBranches": .boolean,
      ]),
    ]))

  static let pullRequest = Shape.object(
    Fields(common).adding([
      "continueOnRepoNotFoundError": .boolean,
      "filters": .list(
        .object(["branchMatch": .string, "targetBranchMatch": .string, "titleMatch": .string])),
      "github": .object([
        "owner": .string, "repo": .string, "api": .string, "tokenRef": .secretKey, "appSecretName": .string,
        "labels": .strings,
      ]),
      "gitlab": .object([
        "project": .string, "api": .string, "tokenRef": .secretKey, "labels": .strings,
        "pullRequestState": .string, "insecure": .boolean, "caRef": .configMapKey,
      ]),
      "gitea": .object([
        "owner": .string, "repo": .string, "api": .string, "tokenRef": .secretKey, "insecure": .boolean,
        "labels": .strings,
      ]),
      "bitbucketServer": .object([
        "project": .string, "repo": .string, "api": .string, "basicAuth": .basicAuth, "bearerToken": .bearerToken,
        "insecure": .boolean, "caRef": .configMapKey,
      ]),
      "bitbucket": .object([
        "owner": .string, "repo": .string, "api": .string, "basicAuth": .basicAuth, "bearerToken": .bearerToken,
      ]),
      "azuredevops": .object([
        "organization": .string, "project": .string, "repo": .string, "api": .string, "tokenRef": .secretKey,
        "labels": .strings,
      ]),
    ]))
}
