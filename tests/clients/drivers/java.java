// This generator types no error: what an operation throws has the body as text, which is read as a problem.
// Without `openApiNullable` its patches leave out null; a mix-in writes the member that is meant.

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.ArticlesApi;
import org.openapitools.client.api.CommentsApi;
import org.openapitools.client.model.Article;
import org.openapitools.client.model.ArticleCreate;
import org.openapitools.client.model.ArticleInputPatch;
import org.openapitools.client.model.ArticleNotFoundProblem;
import org.openapitools.client.model.ArticleState;
import org.openapitools.client.model.ArticleWithdrawnProblem;
import org.openapitools.client.model.CommentInput;
import org.openapitools.client.model.CommentState;
import org.openapitools.client.model.PreconditionFailedProblem;
import org.openapitools.client.model.WithdrawInput;

final class Driver {
    private interface Step {
        void run() throws Exception;
    }

    private interface Call {
        Object run() throws ApiException;
    }

    private interface WithSummary {
        @JsonInclude(JsonInclude.Include.ALWAYS)
        String getSummary();
    }

    private static final ObjectMapper MAPPER = ApiClient.createDefaultObjectMapper();
    private static final ArticlesApi ARTICLES = new ArticlesApi(withKey());

    private static ApiClient anyone() {
        ApiClient client = new ApiClient();
        client.updateBaseUri(System.getenv("BASE_URL"));
        return client;
    }

    private static ApiClient withKey() {
        String value = "Bearer " + System.getenv("KEY");
        return anyone().setRequestInterceptor(request -> request.header("Authorization", value));
    }

    private static void same(Object got, Object wanted) {
        if (!wanted.equals(got)) {
            throw new AssertionError("got " + got + ", wanted " + wanted);
        }
    }

    private static <T> T refused(int status, Class<T> problem, Call call) throws Exception {
        Object answer;
        try {
            answer = call.run();
        } catch (ApiException error) {
            same(error.getCode(), status);
            return MAPPER.readValue(error.getResponseBody(), problem);
        }
        throw new AssertionError("no " + status + ": " + answer);
    }

    private static Article create(ArticleCreate body) throws ApiException {
        return ARTICLES.createArticle(body, null);
    }

    private static ArticleCreate titled(String title) {
        return new ArticleCreate().title(title);
    }

    private static void list() throws ApiException {
        Set<String> tags = Set.of("a-" + UUID.randomUUID(), "b-" + UUID.randomUUID());
        for (String tag : tags) {
            create(titled(tag).tags(List.of(tag)).state(ArticleCreate.StateEnum.PUBLISHED));
        }
        var query = ArticlesApi.APIListArticlesRequest.newBuilder();
        query.fields(List.of("title", "state")).tag(List.copyOf(tags));
        var items = ARTICLES.listArticles(query.build()).getItems();
        same(items.size(), 2);
        same(items.stream().map(item -> item.getTitle()).collect(Collectors.toSet()), tags);
        same(items.stream().allMatch(item -> item.getState() == ArticleState.PUBLISHED), true);
        same(items.stream().allMatch(item -> item.getSlug() == null), true);
    }

    private static void titleAlone() throws ApiException {
        Article article = create(titled("A title alone"));
        same(article.getTitle(), "A title alone");
        same(article.getState(), ArticleState.DRAFT);
    }

    private static void nullMember() throws ApiException {
        Article article = create(titled("A summary").summary("x"));
        same(article.getSummary(), "x");
        ObjectMapper mapper = MAPPER.copy().addMixIn(ArticleInputPatch.class, WithSummary.class);
        var patch = new ArticleInputPatch().summary(null);
        var articles = new ArticlesApi(withKey().setObjectMapper(mapper));
        Article changed = articles.updateArticle(article.getSlug(), patch, null, null);
        same(changed.getSummary() == null, true);
    }

    private static Article change(String slug, String tag, String summary) throws ApiException {
        return ARTICLES.updateArticle(slug, new ArticleInputPatch().summary(summary), tag, null);
    }

    private static void ifMatch() throws Exception {
        var created = ARTICLES.createArticleWithHttpInfo(titled("Two writers"), null);
        String slug = created.getData().getSlug();
        String etag = created.getHeaders().get("etag").get(0);
        same(change(slug, etag, "first").getVersion(), 2L);
        var problem = refused(412, PreconditionFailedProblem.class, () -> change(slug, etag, "second"));
        same(problem.getCode(), PreconditionFailedProblem.CodeEnum.PRECONDITION_FAILED);
        same(change(slug, problem.getEtag(), "second").getVersion(), 3L);
    }

    private static void notFound() throws Exception {
        Call read = () -> ARTICLES.readArticle("no-such-article", null, null, null, null, null, null);
        var problem = refused(404, ArticleNotFoundProblem.class, read);
        same(problem.getCode(), ArticleNotFoundProblem.CodeEnum.ARTICLE_NOT_FOUND);
        same(problem.getId(), "no-such-article");
    }

    private static void gone() throws Exception {
        String slug = create(titled("Withdrawn")).getSlug();
        ARTICLES.publishArticle(slug, null, null, null);
        Article withdrawn = ARTICLES.withdrawArticle(slug, null, null, new WithdrawInput().notice("A mistake."));
        Call read = () -> new ArticlesApi(anyone()).readArticle(slug, null, null, null, null, null, null);
        var problem = refused(410, ArticleWithdrawnProblem.class, read);
        same(problem.getCode(), ArticleWithdrawnProblem.CodeEnum.ARTICLE_WITHDRAWN);
        same(problem.getWithdrawnAt(), withdrawn.getUpdatedAt());
    }

    private static void comment() throws ApiException {
        String slug = create(titled("To comment on").state(ArticleCreate.StateEnum.PUBLISHED)).getSlug();
        var body = new CommentInput().authorName("Sam").body("Hello " + slug);
        var made = new CommentsApi(anyone()).createComment(slug, body, null);
        same(made.getAuthorName(), "Sam");
        same(made.getState(), CommentState.PUBLISHED);
    }

    private static void step(String name, Step step) {
        try {
            step.run();
            System.out.println("ok " + name);
        } catch (Exception | AssertionError error) {
            System.out.println("FAIL " + name);
            error.printStackTrace(System.out);
        }
    }

    public static void main(String[] arguments) {
        step("list", Driver::list);
        step("create", Driver::titleAlone);
        step("null", Driver::nullMember);
        step("If-Match", Driver::ifMatch);
        step("404", Driver::notFound);
        step("410", Driver::gone);
        step("comment", Driver::comment);
    }
}
