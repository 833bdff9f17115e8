// SPDX-License-Identifier: Apache-2.0
// ES|QL 9.4 as far as it goes before documents are read: parser, settings, analyser, verifier. A line of JSON in, one
// out: {"query", "params", "fields": {name: type}, "time_zone"} gives {"columns", "unmapped_fields", "time_zones"
// (of each function that has one)} or {"error"}. It ends when its standard input does.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

import org.elasticsearch.TransportVersion;
import org.elasticsearch.common.Strings;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.xcontent.XContentHelper;
import org.elasticsearch.index.IndexMode;
import org.elasticsearch.license.XPackLicenseState;
import org.elasticsearch.xcontent.XContentFactory;
import org.elasticsearch.xcontent.json.JsonXContent;
import org.elasticsearch.xpack.esql.analysis.Analyzer;
import org.elasticsearch.xpack.esql.analysis.AnalyzerContext;
import org.elasticsearch.xpack.esql.analysis.EnrichResolution;
import org.elasticsearch.xpack.esql.analysis.UnmappedResolution;
import org.elasticsearch.xpack.esql.analysis.Verifier;
import org.elasticsearch.xpack.esql.approximation.ApproximationSettings;
import org.elasticsearch.xpack.esql.capabilities.ConfigurationAware;
import org.elasticsearch.xpack.esql.core.expression.Attribute;
import org.elasticsearch.xpack.esql.core.expression.Expression;
import org.elasticsearch.xpack.esql.core.type.DataType;
import org.elasticsearch.xpack.esql.core.type.EsField;
import org.elasticsearch.xpack.esql.expression.function.EsqlFunctionRegistry;
import org.elasticsearch.xpack.esql.expression.function.scalar.EsqlConfigurationFunction;
import org.elasticsearch.xpack.esql.index.EsIndex;
import org.elasticsearch.xpack.esql.index.IndexResolution;
import org.elasticsearch.xpack.esql.inference.InferenceResolution;
import org.elasticsearch.xpack.esql.parser.EsqlConfig;
import org.elasticsearch.xpack.esql.parser.EsqlParser;
import org.elasticsearch.xpack.esql.parser.ParserUtils;
import org.elasticsearch.xpack.esql.parser.QueryParam;
import org.elasticsearch.xpack.esql.parser.QueryParams;
import org.elasticsearch.xpack.esql.plan.EsqlStatement;
import org.elasticsearch.xpack.esql.plan.IndexPattern;
import org.elasticsearch.xpack.esql.plan.QuerySettings;
import org.elasticsearch.xpack.esql.plan.logical.LogicalPlan;
import org.elasticsearch.xpack.esql.plan.logical.UnresolvedRelation;
import org.elasticsearch.xpack.esql.plugin.QueryPragmas;
import org.elasticsearch.xpack.esql.session.Configuration;
import org.elasticsearch.xpack.esql.telemetry.Metrics;

public class Analyser {
    static {
        LogConfigurator.configureESLogging();
    }

    private static final EsqlFunctionRegistry FUNCTIONS = new EsqlFunctionRegistry();
    private static final EsqlParser PARSER = new EsqlParser(new EsqlConfig(false, FUNCTIONS));
    private static final Verifier VERIFIER = new Verifier(new Metrics(FUNCTIONS, true), new XPackLicenseState(System::currentTimeMillis));

    public static void main(String[] arguments) throws Exception {
        PrintStream answers = System.out;
        System.setOut(System.err);
        BufferedReader asked = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = asked.readLine(); line != null; line = asked.readLine()) {
            Map<String, Object> answer;
            try {
                answer = analysed(XContentHelper.convertToMap(JsonXContent.jsonXContent, line, false));
            } catch (RuntimeException fault) {
                answer = Map.of("error", fault.getClass().getSimpleName() + ": " + fault.getMessage());
            }
            answers.println(Strings.toString(XContentFactory.jsonBuilder().map(answer)));
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> analysed(Map<String, Object> asked) {
        String query = (String) asked.get("query");
        List<QueryParam> params = new ArrayList<>();
        ((Map<String, Object>) asked.get("params")).forEach((name, value) -> params.add(
                new QueryParam(name, value, DataType.fromJava(value), ParserUtils.ParamClassification.VALUE)));
        EsqlStatement statement = PARSER.createStatement(query, new QueryParams(params));
        // As its EsqlSession does: what the query sets wins over what came with the request.
        ZoneId zone = statement.settingOrDefault(QuerySettings.TIME_ZONE, ZoneId.of((String) asked.get("time_zone")));
        UnmappedResolution unmapped = statement.setting(QuerySettings.UNMAPPED_FIELDS);
        Configuration configuration = new Configuration(zone, Instant.EPOCH, Locale.US, null, "tests", QueryPragmas.EMPTY, 10000,
                1000, query, false, Map.of(), 0, false, 10000, 1000, null, ApproximationSettings.DEFAULT, Map.of());
        Map<IndexPattern, IndexResolution> indices = indices(statement.plan(), (Map<String, String>) asked.get("fields"));
        LogicalPlan plan = new Analyzer(new AnalyzerContext(configuration, FUNCTIONS, indices, Map.of(), new EnrichResolution(),
                InferenceResolution.EMPTY, TransportVersion.current(), unmapped), VERIFIER).analyze(statement.plan());
        List<List<String>> columns = new ArrayList<>();
        for (Attribute column : plan.output()) {
            columns.add(List.of(column.name(), column.dataType().outputType()));
        }
        return Map.of("columns", columns, "unmapped_fields", unmapped.name(), "time_zones", zones(plan));
    }

    private static Map<IndexPattern, IndexResolution> indices(LogicalPlan plan, Map<String, String> fields) {
        Map<String, EsField> mapping = new TreeMap<>();
        fields.forEach((name, type) -> place(mapping, name, type));
        Map<IndexPattern, IndexResolution> out = new HashMap<>();
        plan.forEachDown(UnresolvedRelation.class, relation -> {
            String name = relation.indexPattern().indexPattern();
            out.put(relation.indexPattern(), IndexResolution.valid(
                    new EsIndex(name, mapping, Map.of(name, IndexMode.STANDARD), Map.of(), Map.of(), Map.of())));
        });
        return out;
    }

    private static void place(Map<String, EsField> mapping, String path, String type) {
        int dot = path.indexOf('.');
        String name = dot < 0 ? path : path.substring(0, dot);
        DataType kind = dot < 0 ? DataType.fromEs(type) : DataType.OBJECT;
        mapping.computeIfAbsent(name, made -> new EsField(made, kind, new TreeMap<>(), dot < 0, EsField.TimeSeriesFieldType.NONE));
        if (dot >= 0) {
            place(mapping.get(name).getProperties(), path.substring(dot + 1), type);
        }
    }

    private static Map<String, Object> zones(LogicalPlan plan) {
        Map<String, Object> out = new TreeMap<>();
        plan.forEachExpressionDown(Expression.class, expression -> {
            if (expression instanceof EsqlConfigurationFunction function) {
                out.put(function.getClass().getSimpleName(), function.configuration().zoneId().getId());
            } else if (expression instanceof ConfigurationAware function) {
                out.put(expression.getClass().getSimpleName(), function.configuration().zoneId().getId());
            }
        });
        return out;
    }
}
