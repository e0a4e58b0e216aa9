import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.ko.KoreanAnalyzer;
import org.apache.lucene.analysis.ko.KoreanNumberFilter;
import org.apache.lucene.analysis.ko.KoreanPartOfSpeechStopFilter;
import org.apache.lucene.analysis.ko.KoreanReadingFormFilter;
import org.apache.lucene.analysis.ko.KoreanTokenizer;
import org.apache.lucene.analysis.ko.KoreanTokenizer.DecompoundMode;
import org.apache.lucene.analysis.ko.dict.UserDictionary;
import org.opensearch.analysis.common.CommonAnalysisPlugin;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.geo.GeoModulePlugin;
import org.opensearch.index.IndexSettings;
import org.opensearch.index.analysis.AbstractIndexAnalyzerProvider;
import org.opensearch.index.analysis.AbstractTokenFilterFactory;
import org.opensearch.index.analysis.AbstractTokenizerFactory;
import org.opensearch.index.analysis.AnalyzerProvider;
import org.opensearch.index.analysis.TokenFilterFactory;
import org.opensearch.index.analysis.TokenizerFactory;
import org.opensearch.index.mapper.MapperExtrasPlugin;
import org.opensearch.index.reindex.ReindexPlugin;
import org.opensearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.painless.PainlessPlugin;
import org.opensearch.plugins.AnalysisPlugin;
import org.opensearch.plugins.Plugin;
import org.opensearch.transport.Netty4Plugin;

/**
 * One OpenSearch node inside this JVM, bound to 127.0.0.1, from the jars alone: no distribution and no security manager.
 * Arguments: home folder (data and logs lie in it), HTTP port, transport port. Prints "search node started" when it
 * answers; ends cleanly on SIGTERM.
 */
public final class SearchNode extends Node {
  private static final List<Class<? extends Plugin>> PLUGINS =
      List.of(
          Netty4Plugin.class,
          CommonAnalysisPlugin.class,
          PainlessPlugin.class,
          ReindexPlugin.class,
          MapperExtrasPlugin.class,
          GeoModulePlugin.class,
          NoriPlugin.class);

  private SearchNode(Settings settings) {
    super(InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), null, () -> "tandem"), PLUGINS, false);
  }

  public static void main(String[] args) throws Exception {
    Settings settings =
        Settings.builder()
            .put("path.home", Path.of(args[0]).toAbsolutePath().toString())
            .put("cluster.name", "tandem")
            .put("node.name", "tandem")
            .put("discovery.type", "single-node")
            .put("network.host", "127.0.0.1")
            .put("http.port", args[1])
            .put("transport.port", args[2])
            .put("transport.type", "netty4")
            .put("http.type", "netty4")
            .put("node.store.allow_mmap", false)
            // Two processors decide the sizes of some twenty thread pools; the machine has other work.
            .put("node.processors", 2)
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .put("cluster.max_shards_per_node", 5000)
            .put("action.destructive_requires_name", true)
            .build();
    SearchNode node = new SearchNode(settings);
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  try {
                    node.close();
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  } finally {
                    stopped.countDown();
                  }
                }));
    node.start();
    System.out.println("search node started");
    stopped.await();
  }

  /** Korean analysis under the names that the analysis-nori plugin of Elasticsearch and OpenSearch uses. */
  public static final class NoriPlugin extends Plugin implements AnalysisPlugin {
    @Override
    public Map<String, AnalysisProvider<TokenizerFactory>> getTokenizers() {
      return Map.of("nori_tokenizer", NoriTokenizerFactory::new);
    }

    @Override
    public Map<String, AnalysisProvider<TokenFilterFactory>> getTokenFilters() {
      return Map.of(
          "nori_part_of_speech", (index, env, name, settings) -> new PartOfSpeech(index, name, settings),
          "nori_readingform", (index, env, name, settings) -> new ReadingForm(index, name, settings),
          "nori_number", (index, env, name, settings) -> new Numbers(index, name, settings));
    }

    @Override
    public Map<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>> getAnalyzers() {
      return Map.of("nori", (index, env, name, settings) -> new NoriAnalyzer(index, name, settings));
    }
  }

  private static DecompoundMode decompoundMode(Settings settings) {
    return DecompoundMode.valueOf(settings.get("decompound_mode", "discard").toUpperCase(Locale.ROOT));
  }

  /** One entry a line: a word, or a compound followed by its parts. Null when the index names none. */
  private static UserDictionary userDictionary(Settings settings) {
    List<String> rules = settings.getAsList("user_dictionary_rules");
    if (rules.isEmpty()) return null;
    try {
      return UserDictionary.open(new StringReader(String.join("\n", rules)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class NoriTokenizerFactory extends AbstractTokenizerFactory {
    private final UserDictionary dictionary;
    private final DecompoundMode mode;
    private final boolean discardPunctuation;

    NoriTokenizerFactory(IndexSettings index, Environment env, String name, Settings settings) {
      super(index, settings, name);
      dictionary = userDictionary(settings);
      mode = decompoundMode(settings);
      discardPunctuation = settings.getAsBoolean("discard_punctuation", true);
    }

    @Override
    public Tokenizer create() {
      return new KoreanTokenizer(
          TokenStream.DEFAULT_TOKEN_ATTRIBUTE_FACTORY, dictionary, mode, false, discardPunctuation);
    }
  }

  private static final class PartOfSpeech extends AbstractTokenFilterFactory {
    PartOfSpeech(IndexSettings index, String name, Settings settings) {
      super(index, name, settings);
    }

    @Override
    public TokenStream create(TokenStream tokens) {
      return new KoreanPartOfSpeechStopFilter(tokens);
    }
  }

  private static final class ReadingForm extends AbstractTokenFilterFactory {
    ReadingForm(IndexSettings index, String name, Settings settings) {
      super(index, name, settings);
    }

    @Override
    public TokenStream create(TokenStream tokens) {
      return new KoreanReadingFormFilter(tokens);
    }
  }

  private static final class Numbers extends AbstractTokenFilterFactory {
    Numbers(IndexSettings index, String name, Settings settings) {
      super(index, name, settings);
    }

    @Override
    public TokenStream create(TokenStream tokens) {
      return new KoreanNumberFilter(tokens);
    }
  }

  private static final class NoriAnalyzer extends AbstractIndexAnalyzerProvider<KoreanAnalyzer> {
    private final KoreanAnalyzer analyzer;

    NoriAnalyzer(IndexSettings index, String name, Settings settings) {
      super(index, name, settings);
      analyzer =
          new KoreanAnalyzer(
              userDictionary(settings),
              decompoundMode(settings),
              KoreanPartOfSpeechStopFilter.DEFAULT_STOP_TAGS,
              false);
    }

    @Override
    public KoreanAnalyzer get() {
      return analyzer;
    }
  }
}
